#include "scan/builtin.h"

#include <stddef.h>

#define S2_L2A "B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B11,B12"

const char *const builtin_rules[] = {
    "bigearthnet-s1\t(S1[ABC]_IW_GRDH_[^/]+)_(V[HV])\t\\1\t\\2:VH,VV\t549488",
    "bigearthnet-s2\t(S2[ABC]_MSIL2A_[^/]+)_(B[0-9A]{2})\t\\1\t\\2:" S2_L2A "\t549488",
    "bigearthnet-maps\t(S2[ABC]_MSIL2A_[^/]+_reference_map)\t\\1\tData\t549488",
    "hyspecnet-11k\t(ENMAP[^/]+-Y[0-9]+_X[0-9]+)-SPECTRAL_IMAGE\t\\1\tB{1..224}\t11483",
    "uc-merced\t([a-z]+[0-9]{2})\t\\1\tRed,Green,Blue\t2100",
    "eurosat-ms\t([A-Za-z]+_[0-9]+)\t\\1\t"
    "B01,B02,B03,B04,B05,B06,B07,B08,B09,B10,B11,B12,B08A\t27000",
    "ssl4eo-s12-s1\t(s1)/([0-9]+)/([^/]+)/(V[HV])\t\\1_\\2_\\3\t\\4:VH,VV\t1004316",
    "ssl4eo-s12-l1c\t(s2c)/([0-9]+)/([^/]+)/(B[0-9]+A?)\t\\1_\\2_\\3\t"
    "\\4:B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B10,B11,B12\t1004316",
    "ssl4eo-s12-l2a\t(s2a)/([0-9]+)/([^/]+)/(B[0-9]+A?)\t\\1_\\2_\\3\t"
    "\\4:B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B11,B12\t1004316",
    "major-tom-s1\t([^/]+)/(S1[ABC]_IW_GRDH_[^/]+_rtc)/(v[hv])\t\\1_\\2\t\\3:vh,vv\t1469955",
    "major-tom-s2\t([^/]+)/(S2[ABC]_MSIL2A_[^/]+)/(B[0-9A]{2})\t\\1_\\2\t\\3:" S2_L2A "\t2245886",
    "hydro\t(patch_[0-9]+)\t\\1\t" S2_L2A "\t0",
    "spectral-earth-enmap\t([0-9]+)/([0-9]+)\t\\1_\\2.tif\tB{1..202}\t538974",
    NULL,
};
