#include "scan/rules.h"

#include <stddef.h>

/*
 * Names of rules, patterns and keys stay as they are once published: keys of databases depend on
 * them. COUNT is 0 where no figure was found, or where the published one is not what people have
 * (parts that are asked for elsewhere).
 *
 * Where the layouts come from is said above each. "TorchGeo" and "TerraTorch" are the loaders of
 * that dataset in torchgeo.datasets and terratorch.datasets. Names of bands are those of the
 * dataset's documentation; where it does not tell an order, they are numbers.
 *
 * Not here, for they are no TIFFs: So2Sat LCZ42 and Copernicus-Bench LCZ-S2 (HDF5), and what comes
 * as PNG or JPEG (rsenc(7) converts it).
 */

#define RULE(name, pattern, key, tensors, count) name "\t" pattern "\t" key "\t" tensors "\t" #count

#define L2A "B01,B02,B03,B04,B05,B06,B07,B08,B8A,B09,B11,B12"
#define L1C_SHORT "B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B10,B11,B12"
#define L2A_SHORT "B1,B2,B3,B4,B5,B6,B7,B8,B8A,B9,B11,B12"
#define EUROSAT "B01,B02,B03,B04,B05,B06,B07,B08,B09,B10,B11,B12,B08A"
/* The thirteen of Level-1C, with a prefix. */
#define L1C_OF(p)                                                                          \
	p "B01," p "B02," p "B03," p "B04," p "B05," p "B06," p "B07," p "B08," p "B8A," p \
	  "B09," p "B10," p "B11," p "B12"

/* A folder whose name does not end in these three letters. */
#define NOT(a, b, c) "(?:[^/]*[^" c "/]|[^/]*[^" b "/]" c "|[^/]*[^" a "/]" b c "|" c "|" b c ")"

const char *const builtin_rules[] = {
    /* BigEarthNet v2.0, bigearth.net */
    RULE("bigearthnet-s1", "(S1[ABC]_IW_GRDH_[^/]+)_(V[HV])", "\\1", "\\2:VH,VV", 549488),
    RULE("bigearthnet-s2", "(S2[ABC]_MSIL2A_[^/]+)_(B[0-9A]{2})", "\\1", "\\2:" L2A, 549488),
    RULE("bigearthnet-maps", "(S2[ABC]_MSIL2A_[^/]+_reference_map)", "\\1", "Data", 549488),
    /* BigEarthNet v1.0: the same names; TorchGeo. A name of its own, not "bigearthnet-...", which
     * would be selected together with v2.0. */
    RULE("bigearthnetv1-s1", "(S1[ABC]_IW_GRDH_[^/]+)_(V[HV])", "\\1", "\\2:VH,VV", 590326),
    RULE("bigearthnetv1-s2", "(S2[ABC]_MSIL2A_[^/]+)_(B[0-9A]{2})", "\\1", "\\2:" L2A, 590326),
    /* HySpecNet-11k, README */
    RULE("hyspecnet-11k", "(ENMAP[^/]+-Y[0-9]+_X[0-9]+)-SPECTRAL_IMAGE", "\\1", "B{1..224}", 11483),
    RULE("uc-merced", "([a-z]+[0-9]{2})", "\\1", "Red,Green,Blue", 2100),
    RULE("eurosat-ms", "([A-Za-z]+_[0-9]+)", "\\1", EUROSAT, 27000),
    /* SSL4EO-S12: s2c/0000000/20200607T.../B1.tif. The folder of a product may have any name,
     * except that s2a is not Level-1C, and s2c not Level-2A. */
    RULE("ssl4eo-s12-s1", "([0-9]+)/([^/]+)/(V[HV])", "s1_\\1_\\2", "\\3:VH,VV", 1004316),
    RULE("ssl4eo-s12-l1c", NOT("s", "2", "a") "/([0-9]+)/([^/]+)/(B[0-9]+A?)", "s2c_\\1_\\2",
        "\\3:" L1C_SHORT, 1004316),
    RULE("ssl4eo-s12-l2a", NOT("s", "2", "c") "/([0-9]+)/([^/]+)/(B[0-9]+A?)", "s2a_\\1_\\2",
        "\\3:" L2A_SHORT, 1004316),
    RULE("major-tom-s1", "([^/]+)/(S1[ABC]_IW_GRDH_[^/]+_rtc)/(v[hv])", "\\1_\\2", "\\3:vh,vv",
        1469955),
    RULE("major-tom-s2", "([^/]+)/(S2[ABC]_MSIL2A_[^/]+)/(B[0-9A]{2})", "\\1_\\2", "\\3:" L2A,
        2245886),
    RULE("hydro", "(patch_[0-9]+)", "\\1", L2A, 0),
    RULE("spectral-earth-enmap", "([0-9]+)/([0-9]+)", "\\1_\\2.tif", "B{1..202}", 538974),

    /* SEN12MS: TorchGeo, and github.com/schmitt-muc/SEN12MS; 180,662 triplets.
     * ROIs1158_spring/s2_1/ROIs1158_spring_s2_1_p30.tif */
    RULE("sen12ms", "(ROIs[0-9]+_[a-z]+)_s1_([0-9]+_p[0-9]+)", "\\1_\\2", "s1_VV,s1_VH", 180662),
    RULE("sen12ms", "(ROIs[0-9]+_[a-z]+)_s2_([0-9]+_p[0-9]+)", "\\1_\\2", L1C_OF("s2_"), 0),
    RULE("sen12ms", "(ROIs[0-9]+_[a-z]+)_lc_([0-9]+_p[0-9]+)", "\\1_\\2",
        "lc_IGBP,lc_LCCS1,lc_LCCS2,lc_LCCS3", 0),
    /* DFC2020: github.com/lukasliebel/dfc2020_baseline. The labels of the contest (dfc) and the
     * coarse ones (lc) were handed out for parts of it. */
    RULE("dfc2020", "(ROIs0000_[a-z]+)_s1_([0-9]+_p[0-9]+)", "\\1_\\2", "s1_VV,s1_VH", 0),
    RULE("dfc2020", "(ROIs0000_[a-z]+)_s2_([0-9]+_p[0-9]+)", "\\1_\\2", L1C_OF("s2_"), 0),
    RULE("dfc2020", "(ROIs0000_[a-z]+)_dfc_([0-9]+_p[0-9]+)", "\\1_\\2", "dfc?", 0),
    RULE("dfc2020", "(ROIs0000_[a-z]+)_lc_([0-9]+_p[0-9]+)", "\\1_\\2",
        "lc_IGBP,lc_LCCS1,lc_LCCS2,lc_LCCS3?", 0),
    /* SSL4EO-L: TorchGeo. ssl4eo_l_oli_sr/0000000/LC08_.../all_bands.tif, one for each season; t1
     * to t4 are the ranks of their dates. */
    RULE("ssl4eo-l-tm-toa", "ssl4eo_l_(tm_toa)/([0-9]+)/(?:[^/]*_)?([^/_]+)/all_bands", "\\1_\\2",
        "t\\#3_{1..7}", 0),
    RULE("ssl4eo-l-etm-toa", "ssl4eo_l_(etm_toa)/([0-9]+)/(?:[^/]*_)?([^/_]+)/all_bands", "\\1_\\2",
        "t\\#3_{1..9}", 0),
    RULE("ssl4eo-l-etm-sr", "ssl4eo_l_(etm_sr)/([0-9]+)/(?:[^/]*_)?([^/_]+)/all_bands", "\\1_\\2",
        "t\\#3_{1..6}", 0),
    RULE("ssl4eo-l-oli-tirs-toa", "ssl4eo_l_(oli_tirs_toa)/([0-9]+)/(?:[^/]*_)?([^/_]+)/all_bands",
        "\\1_\\2", "t\\#3_{1..11}", 0),
    RULE("ssl4eo-l-oli-sr", "ssl4eo_l_(oli_sr)/([0-9]+)/(?:[^/]*_)?([^/_]+)/all_bands", "\\1_\\2",
        "t\\#3_{1..7}", 0),
    /* SeasoNet: TorchGeo; 1,759,830 patches, a folder each. spring/grid1/NAME/NAME_10m_RGB.tif */
    RULE("seasonet", "([a-z]+)/grid[12]/[^/]+/([^/]+)_10m_RGB", "\\1_\\2", "10m_R,10m_G,10m_B",
        1759830),
    RULE("seasonet", "([a-z]+)/grid[12]/[^/]+/([^/]+)_10m_IR", "\\1_\\2", "10m_IR", 0),
    RULE("seasonet", "([a-z]+)/grid[12]/[^/]+/([^/]+)_20m", "\\1_\\2", "20m_{1..6}", 0),
    RULE("seasonet", "([a-z]+)/grid[12]/[^/]+/([^/]+)_60m", "\\1_\\2", "60m_{1..2}", 0),
    RULE("seasonet", "([a-z]+)/grid[12]/[^/]+/([^/]+)_labels", "\\1_\\2", "labels", 0),
    /* TreeSatAI: TorchGeo, with its bands; 50,381 triplets of 60 m, and the 200 m around them. The
     * archives of aerial images have no folders; TorchGeo unpacks them to aerial/60m. */
    RULE("treesatai", "s1/60m/([^/]+)", "\\1", "s1_VV,s1_VH,s1_ratio", 0),
    RULE("treesatai", "s2/60m/([^/]+)", "\\1",
        "s2_B02,s2_B03,s2_B04,s2_B08,s2_B05,s2_B06,s2_B07,s2_B8A,s2_B11,s2_B12,s2_B01,s2_B09", 0),
    RULE("treesatai", "s1/200m/([^/]+)", "\\1", "s1_200m_VV,s1_200m_VH,s1_200m_ratio?", 0),
    RULE("treesatai", "s2/200m/([^/]+)", "\\1",
        "s2_200m_B02,s2_200m_B03,s2_200m_B04,s2_200m_B08,s2_200m_B05,s2_200m_B06,s2_200m_B07,"
        "s2_200m_B8A,s2_200m_B11,s2_200m_B12,s2_200m_B01,s2_200m_B09?",
        0),
    RULE("treesatai", "aerial/60m/([^/]+)", "\\1", "aerial_IR,aerial_G,aerial_B,aerial_R", 50381),
    RULE("treesatai", "([A-Z][^/]*_[0-9]+_[0-9]+_[A-Z]+_[A-Z]+)", "\\1",
        "aerial_IR,aerial_G,aerial_B,aerial_R", 0),
    /* BRIGHT: TorchGeo (DFC2025). pre-event/X_pre_disaster.tif; the test part has no target. */
    RULE("bright", "([^/]+)_pre_disaster", "\\1", "pre_R,pre_G,pre_B", 0),
    RULE("bright", "([^/]+)_post_disaster", "\\1", "post", 0),
    RULE("bright", "([^/]+)_building_damage", "\\1", "damage?", 0),
    /* Sen1Floods11: its docs/README, 446 and 4,385 chips; bands of Sentinel-2 by TerraTorch. */
    RULE("sen1floods11-hand", "([^/]+)_S1Hand", "\\1_Hand", "s1_VV,s1_VH", 446),
    RULE("sen1floods11-hand", "([^/]+)_S2Hand", "\\1_Hand", L1C_OF("s2_"), 0),
    RULE("sen1floods11-hand", "([^/]+)_LabelHand", "\\1_Hand", "label", 0),
    RULE("sen1floods11-hand", "([^/]+)_JRCWaterHand", "\\1_Hand", "jrc_water?", 0),
    RULE("sen1floods11-hand", "([^/]+)_S1OtsuLabelHand", "\\1_Hand", "s1_otsu?", 0),
    RULE("sen1floods11-weak", "([^/]+)_S1Weak", "\\1_Weak", "s1_VV,s1_VH", 4385),
    RULE("sen1floods11-weak", "([^/]+)_S2IndexLabelWeak", "\\1_Weak", "s2_index", 0),
    RULE("sen1floods11-weak", "([^/]+)_S1OtsuLabelWeak", "\\1_Weak", "s1_otsu", 0),
    RULE("sen1floods11-weak", "([^/]+)_S2Weak", "\\1_Weak", L1C_OF("s2_") "?", 0),
    /* HLS Burn Scars: TerraTorch. subsetted_512x512_HLS.S30.T10SDH.2020248.v1.4_merged.tif */
    RULE("hls-burn-scars", "(subsetted_[^/]+)_merged", "\\1", "B02,B03,B04,B8A,B11,B12", 804),
    RULE("hls-burn-scars", "(subsetted_[^/]+)[.]mask", "\\1", "mask", 0),
    /* Multi-temporal Crop Classification: its dataset card, 3,854 chips, six bands three times.
     * chip_102_104_merged.tif and chip_102_104.mask.tif */
    RULE("multi-temporal-crop", "(chip_[0-9]+_[0-9]+)_merged", "\\1",
        "T1_B02,T1_B03,T1_B04,T1_B8A,T1_B11,T1_B12,T2_B02,T2_B03,T2_B04,T2_B8A,T2_B11,T2_B12,"
        "T3_B02,T3_B03,T3_B04,T3_B8A,T3_B11,T3_B12",
        3854),
    RULE("multi-temporal-crop", "(chip_[0-9]+_[0-9]+)[.]mask", "\\1", "mask", 0),
    /* OpenEarthMap: TerraTorch. aachen/images/aachen_1.tif; the test part has no labels, and the
     * images that are xBD's come from there. */
    RULE("openearthmap", "images/([^/]+_[0-9]+)", "\\1", "Red,Green,Blue", 0),
    RULE("openearthmap", "labels/([^/]+_[0-9]+)", "\\1", "label?", 0),
    /* Fields of the World: TorchGeo; 70,462 patches. austria/s2_images/window_a/g0_0.tif; the
     * archive of a country, read without a name, has no folder for it. Bands are red, green, blue,
     * near infrared. */
    RULE(
        "ftw", "([a-z_]+)/s2_images/window_a/([^/]+)", "\\1_\\2", "a_B04,a_B03,a_B02,a_B08", 70462),
    RULE("ftw", "s2_images/window_a/([^/]+)", "\\1", "a_B04,a_B03,a_B02,a_B08", 0),
    RULE("ftw", "([a-z_]+)/s2_images/window_b/([^/]+)", "\\1_\\2", "b_B04,b_B03,b_B02,b_B08", 0),
    RULE("ftw", "s2_images/window_b/([^/]+)", "\\1", "b_B04,b_B03,b_B02,b_B08", 0),
    RULE("ftw", "([a-z_]+)/label_masks/semantic_2class/([^/]+)", "\\1_\\2", "semantic_2class?", 0),
    RULE("ftw", "label_masks/semantic_2class/([^/]+)", "\\1", "semantic_2class?", 0),
    RULE("ftw", "([a-z_]+)/label_masks/semantic_3class/([^/]+)", "\\1_\\2", "semantic_3class?", 0),
    RULE("ftw", "label_masks/semantic_3class/([^/]+)", "\\1", "semantic_3class?", 0),
    RULE("ftw", "([a-z_]+)/label_masks/instance/([^/]+)", "\\1_\\2", "instance?", 0),
    RULE("ftw", "label_masks/instance/([^/]+)", "\\1", "instance?", 0),
    /* MapInWild: TorchGeo; 1,018 places. s2_autumn/123.tif, also s2_autumn_part1; people fetch
     * some of the modalities. The order of Sentinel-2's bands is not told. */
    RULE("mapinwild", "mask/([0-9]+)", "\\1", "mask", 1018),
    RULE("mapinwild", "s1[^/]*/([0-9]+)", "\\1", "s1_VV,s1_VH?", 0),
    RULE("mapinwild", "s2_spring[^/]*/([0-9]+)", "\\1", "s2_spring_{1..10}?", 0),
    RULE("mapinwild", "s2_summer[^/]*/([0-9]+)", "\\1", "s2_summer_{1..10}?", 0),
    RULE("mapinwild", "s2_autumn[^/]*/([0-9]+)", "\\1", "s2_autumn_{1..10}?", 0),
    RULE("mapinwild", "s2_winter[^/]*/([0-9]+)", "\\1", "s2_winter_{1..10}?", 0),
    RULE("mapinwild", "s2_temporal_subset[^/]*/([0-9]+)", "\\1", "s2_temporal_{1..10}?", 0),
    RULE("mapinwild", "ESA_WC/([0-9]+)", "\\1", "esa_wc?", 0),
    RULE("mapinwild", "VIIRS/([0-9]+)", "\\1", "viirs?", 0),
    /* Cloud Cover Detection: TorchGeo. train/train_features/adwp/B02.tif, train_labels/adwp.tif */
    RULE("cloud-cover", "[a-z_]*features/([^/]+)/(B[0-9]+)", "\\1", "\\2:B02,B03,B04,B08", 0),
    RULE("cloud-cover", "[a-z_]*labels/([^/]+)", "\\1", "label", 0),
    /* Inria Aerial Image Labeling: TorchGeo; 360 images, half of which have labels. */
    RULE("inria", "images/([a-z-]+[0-9]+)", "\\1", "Red,Green,Blue", 360),
    RULE("inria", "gt/([a-z-]+[0-9]+)", "\\1", "gt?", 0),
    /* ISPRS Potsdam: TorchGeo; 38 tiles. Labels are colours; the height model writes 02 for 2. */
    RULE("potsdam", "(top_potsdam_[0-9]+_[0-9]+)_RGBIR", "\\1", "Red,Green,Blue,NIR", 38),
    RULE("potsdam", "(top_potsdam_[0-9]+_[0-9]+)_label", "\\1", "label_R,label_G,label_B?", 0),
    RULE("potsdam", "dsm_(potsdam)_0?([1-9][0-9]*)_0?([1-9][0-9]*)", "top_\\1_\\2_\\3", "dsm?", 0),
    /* ISPRS Vaihingen: TorchGeo; 33 tiles. Images lie in top/, labels under the same name
     * elsewhere; those in gts_for_participants are some of them once more. Bands are near infrared,
     * red, green. */
    RULE("vaihingen", "top/(top_mosaic_09cm_area[0-9]+)", "\\1", "NIR,Red,Green", 33),
    RULE("vaihingen", NOT("n", "t", "s") "/(top_mosaic_09cm_area[0-9]+)", "\\1",
        "label_R,label_G,label_B?", 0),
    RULE("vaihingen", "dsm_09cm_matching_area([0-9]+)", "top_mosaic_09cm_area\\1", "dsm?", 0),

    /* Copernicus-Bench: TorchGeo. The name of its task is before each key. */
    RULE("copernicus-bench-cloud-s2", "cloud_s2/s2_toa/([^/]+)", "cloud_s2_\\1", L1C_OF(""), 2817),
    RULE("copernicus-bench-cloud-s2", "cloud_s2/cloud/([^/]+)", "cloud_s2_\\1", "cloud", 0),
    RULE("copernicus-bench-cloud-s3", "cloud_s3/s3_olci/([^/]+)", "cloud_s3_\\1", "Oa{01..21}",
        1995),
    RULE("copernicus-bench-cloud-s3", "cloud_s3/cloud_multi/([^/]+)", "cloud_s3_\\1",
        "cloud_multi?", 0),
    RULE("copernicus-bench-cloud-s3", "cloud_s3/cloud_binary/([^/]+)", "cloud_s3_\\1",
        "cloud_binary?", 0),
    RULE("copernicus-bench-bigearthnet-s1", "(S1[ABC]_IW_GRDH_[^/]+)_allbands",
        "bigearthnet_s1_\\1", "VV,VH", 24002),
    RULE("copernicus-bench-bigearthnet-s2", "(S2[ABC]_MSIL2A_[^/]+)_allbands", "bigearthnet_s2_\\1",
        L2A, 24002),
    RULE("copernicus-bench-eurosat-s1", "eurosat_s1/all_imgs/[^/]+/([^/]+)", "eurosat_s1_\\1",
        "VV,VH", 27000),
    RULE("copernicus-bench-eurosat-s2", "eurosat_s2/all_imgs/[^/]+/([^/]+)", "eurosat_s2_\\1",
        EUROSAT, 27000),
    RULE("copernicus-bench-dfc2020", "dfc2020_s1s2/s1/(ROIs[0-9]+_[a-z]+)_s1_([0-9]+_p[0-9]+)",
        "dfc2020_\\1_\\2", "s1_VV,s1_VH", 5128),
    RULE("copernicus-bench-dfc2020", "dfc2020_s1s2/s2/(ROIs[0-9]+_[a-z]+)_s2_([0-9]+_p[0-9]+)",
        "dfc2020_\\1_\\2", L1C_OF("s2_"), 0),
    RULE("copernicus-bench-dfc2020", "dfc2020_s1s2/dfc/(ROIs[0-9]+_[a-z]+)_dfc_([0-9]+_p[0-9]+)",
        "dfc2020_\\1_\\2", "dfc", 0),
    RULE("copernicus-bench-flood-s1", "([^/]+)/([MS][SL][12])_I(V[HV])_[^/]+", "flood_s1_\\1",
        "\\2_\\3:VV,VH", 5000),
    RULE("copernicus-bench-flood-s1", "([^/]+)/MK0_MLU_[^/]+", "flood_s1_\\1", "mask", 0),
    RULE("copernicus-bench-lc100", "lc100_s3/s3_olci/([^/]+)/(?:S3[AB]_)?([^/]+)", "lc100_s3_\\1",
        "t\\#2_Oa{01..21}", 8635),
    RULE("copernicus-bench-lc100", "lc100_s3/lc100/([^/]+)", "lc100_s3_\\1", "lc100", 0),
    RULE("copernicus-bench-biomass", "biomass_s3/s3_olci/([^/]+)/(?:S3[AB]_)?([^/]+)",
        "biomass_s3_\\1", "t\\#2_Oa{01..21}", 5000),
    RULE("copernicus-bench-biomass", "biomass_s3/biomass/([^/]+)", "biomass_s3_\\1", "biomass", 0),
    RULE("copernicus-bench-airquality", "airquality_s5p/([a-z0-9]+)/s5p_annual/([^/]+)/[^/]+",
        "airquality_s5p_\\1_\\2", "annual?", 4934),
    RULE("copernicus-bench-airquality",
        "airquality_s5p/([a-z0-9]+)/s5p_seasonal/([^/]+)/([0-9-]+)_[0-9-]+",
        "airquality_s5p_\\1_\\2", "from_\\3?", 0),
    RULE("copernicus-bench-airquality", "airquality_s5p/([a-z0-9]+)/label_annual/([^/]+)",
        "airquality_s5p_\\1_\\2", "label", 0),
    NULL,
};
