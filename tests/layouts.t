#!/bin/sh
# Layouts of datasets that have no built-in rule, each with a rule as its user would write it: one
# record a sample with all of its rasters, whose values are those of the files alone.
. "${0%/*}/lib.sh"

# TIFFs with as many bands as their names say, to be copied.
for set in sen12ms seasonet ftw hls-burn-scars mapinwild treesatai ssl4eo-l-oli-tirs-toa; do
	fixture -b $set tiff 1
done
for one in 1:mask/0 2:s1_1/ROIs1158_spring_s1_1_p0 3:*_10m_RGB 4:s2_images/window_a/* 6:*_merged \
	10:s2_winter/0 11:*/all_bands 12:s2/60m/* 13:s2_1/ROIs1158_spring_s2_1_p0; do
	cp "$(find tiff -path "*/${one#*:}.tif" | sort | sed -n 1p)" "${one%%:*}.tif" || fail "${one%%:*} bands"
done

# rule NAME LINE...: begins a layout. The fields of a line, after the name, are separated by blanks;
# a blank in a pattern is written [[:space:]].
rule() {
	name=$1
	shift
	rm -rf tree && mkdir tree
	for line; do printf '%s %s\n' "$name" "$line" | tr -s ' ' '\t'; done >rules
}

# files BANDS PATH...
files() {
	bands=$1
	shift
	for path; do
		mkdir -p "tree/$(dirname "$path")" && cp "$bands.tif" "tree/$path"
	done
}

# tensors FILE: the tensors of a record stream with statistics of their values, without the keys
tensors() {
	rsenc-show --stats "$1" | cut -f 2-4,7- | sort
}

# gives WANTED: the keys with the number of their tensors
gives() {
	rsenc-scan -f rules "$name" tree >groups 2>err
	is "$name: status" $? 0
	is "$name: messages" "$(cat err)" ''
	rsenc-pack -r <groups >all.rec 2>err
	is "$name: one record a sample" \
		"$(rsenc-show all.rec | cut -f 1 | sort | uniq -c | awk '{ print $2 ":" $1 }' | paste -s -d ' ' -)" "$1"
	# Each field of a group as a group of its own.
	awk -F '\t' '{ for (i = 2; i <= NF; i++) print "f" ++n "\t" $i }' groups | rsenc-pack -r >each.rec
	is "$name: values are those of the files" "$(tensors all.rec)" "$(tensors each.rec)"
}

rule oscd '([a-z]+)/imgs_1_rect/(B[0-9A]+) \1 t1_\2:B02,B03,B8A 0' \
	'([a-z]+)/imgs_2_rect/(B[0-9A]+) \1 t2_\2:B02,B03,B8A 0' '([a-z]+)/cm/[a-z]+-cm \1 change? 0'
for city in abudhabi nantes; do
	for b in B02 B03 B04 B8A; do files 1 "Images/$city/imgs_1_rect/$b.tif" "Images/$city/imgs_2_rect/$b.tif"; done
done
files 1 'Train Labels/nantes/cm/nantes-cm.tif'
gives 'abudhabi:6 nantes:7'

rule biomassters '([0-9a-f]+)_S1_([0-9]+) \1 S1_\2_{1..4} 0' '([0-9a-f]+)_S2_([0-9]+) \1 S2_\2_{1..11}? 0' \
	'([0-9a-f]+)_agbm \1 agbm 0'
files 4 features/0003d2eb_S1_00.tif features/0003d2eb_S1_01.tif features/ffff_S1_00.tif
files 11 features/0003d2eb_S2_04.tif
files 1 agbm/0003d2eb_agbm.tif agbm/ffff_agbm.tif
gives '0003d2eb:20 ffff:5'

rule mmflood '[^/]+/s1_raw/(EMSR[0-9-]+) \1 VV,VH 0' '[^/]+/mask/(EMSR[0-9-]+) \1 mask 0' \
	'[^/]+/DEM/(EMSR[0-9-]+) \1 dem 0' '[^/]+/hydro/(EMSR[0-9-]+) \1 hydro? 0'
for k in s1_raw:2 mask:1 DEM:1; do
	files "${k#*:}" EMSR107-1/"${k%:*}"/EMSR107-1-0.tif EMSR107-1/"${k%:*}"/EMSR107-1-1.tif
done
files 1 EMSR107-1/hydro/EMSR107-1-1.tif
gives 'EMSR107-1-0:4 EMSR107-1-1:5'

rule landcoverai 'images/([^/]+) \1 Red,Green,Blue 0' 'masks/([^/]+) \1 mask 0'
files 3 images/M-33-20.tif images/N-33.tif && files 1 masks/M-33-20.tif masks/N-33.tif
gives 'M-33-20:4 N-33:4'

rule dfc2022 '([^/]+)/BDORTHO/([^/]+) \1_\2 R,G,B 0' '([^/]+)/RGEALTI/([^/]+)_RGEALTI \1_\2 dem 0' \
	'([^/]+)/UrbanAtlas/([^/]+)_UA \1_\2 ua? 0'
files 3 labeled_train/Nice/BDORTHO/06-2014.tif val/Nice/BDORTHO/06-2015.tif
files 1 labeled_train/Nice/RGEALTI/06-2014_RGEALTI.tif val/Nice/RGEALTI/06-2015_RGEALTI.tif \
	labeled_train/Nice/UrbanAtlas/06-2014_UA.tif
gives 'Nice_06-2014:5 Nice_06-2015:4'

rule flair '[^/]+/[^/]+/img/IMG_([0-9]+) \1 {1..4} 0' '[^/]+/[^/]+/msk/MSK_([0-9]+) \1 mask 0'
files 4 train/D004_2021/Z1_NN/img/IMG_000001.tif && files 1 labels/D004_2021/Z1_NN/msk/MSK_000001.tif
gives '000001:5'

rule l7irish '(p[0-9]+_r[0-9]+)/L71[0-9_]+_(B[0-9]+) \1 \2:B10,B20,B30 0' '(p[0-9]+_r[0-9]+)/L7_[^/]+_newmask2015 \1 mask 0'
for b in B10 B20 B30 B40; do files 1 austral/p226_r98/L71226098_09820011112_$b.TIF; done
files 1 austral/p226_r98/L7_p226_r98_newmask2015.TIF
gives 'p226_r98:4'

rule agrifieldnet '[^/]+/ref_[^/]+_([0-9a-f]{5})_(B[0-9A]+)_10m \1 \2:B01,B8A 0' \
	'ref_[^/]+_labels_train_([0-9a-f]{5}) \1 crop? 0' 'ref_[^/]+_labels_train_([0-9a-f]{5})_field_ids \1 field? 0'
for k in 001c1 004d3; do
	for b in B01 B8A; do files 1 source/ref_v1_source_$k/ref_v1_source_${k}_${b}_10m.tif; done
done
files 1 train_labels/ref_v1_labels_train_001c1.tif train_labels/ref_v1_labels_train_001c1_field_ids.tif
gives '001c1:4 004d3:2'

rule southafrica 'ref_[^/]+_source_2_([0-9]+)_([0-9_]+)/(B[0-9]+) \1 S2_\2_\3:B02,B03 0' \
	'ref_[^/]+_source_1_([0-9]+)_([0-9_]+)/(V[HV]) \1 S1_\2_\3:VV,VH? 0' 'ref_[^/]+_labels_([0-9]+)/labels \1 labels 0'
for d in 2017_04_01 2017_04_11; do for b in B02 B03; do files 1 ref_x_source_2_25_$d/$b.tif; done; done
for b in VV VH; do files 1 ref_x_source_1_25_2017_04_01/$b.tif; done
files 1 ref_x_labels_25/labels.tif
gives '25:7'

rule rwanda '[^/]+_source_(train|test)_([0-9]+)_([0-9_]+)/(B[0-9]+) \1_\2 \3_\4:B01,B02 0' \
	'[^/]+_labels_(train)_([0-9]+)/raster_labels \1_\2 label? 0'
for d in 2021_03 2021_04; do for b in B01 B02; do files 1 nasa_source_train_09_$d/$b.tif nasa_source_test_00_$d/$b.tif; done; done
files 1 nasa_labels_train_09/raster_labels.tif
gives 'test_00:4 train_09:5'

rule westernusa '([^/]+)/before_([0-9]+) \1 before_\2_{1..6} 0' '([^/]+)/after \1 after_{1..6} 0'
files 6 site/before_1.tif site/before_2.tif site/after.tif
gives 'site:18'

rule generic '(train|val)/([^/]+)_img \1_\2 {1..13} 0' '(train|val)/([^/]+)_lbl \1_\2 label 0'
files 13 train/a_img.tif val/a_img.tif && files 1 train/a_lbl.tif val/a_lbl.tif
gives 'train_a:14 val_a:14'

# ---- users' own kinds ----

# github.com/SorourMo/38-Cloud-A-Cloud-Segmentation-Dataset: the band is in the folder and in the name.
rule cloud38 '(train|test)_(red|green|blue|nir)/[a-z]+_(patch_.*) \1_\3 \2:red,green,blue,nir 0' \
	'(train)_gt/gt_(patch_.*) \1_\2 gt? 0'
for b in red green blue nir; do
	files 1 38-Cloud_training/train_$b/${b}_patch_1_1_by_1_LC08_x.TIF 38-Cloud_test/test_$b/${b}_patch_1_1_by_1_LC08_x.TIF
done
files 1 38-Cloud_training/train_gt/gt_patch_1_1_by_1_LC08_x.TIF
gives 'test_patch_1_1_by_1_LC08_x:4 train_patch_1_1_by_1_LC08_x:5'

# MARIDA: the image is called as its labels are, less what they end in. [0-9] keeps them apart.
rule marida 'patches/[^/]+/(S2_.*_[0-9]+) \1 B{1..11} 0' 'patches/[^/]+/(S2_.*_[0-9]+)_cl \1 cl 0' \
	'patches/[^/]+/(S2_.*_[0-9]+)_conf \1 conf? 0'
files 11 patches/S2_1-12-19_48MYU/S2_1-12-19_48MYU_0.tif patches/S2_1-12-19_48MYU/S2_1-12-19_48MYU_1.tif
for k in 0 1; do files 1 patches/S2_1-12-19_48MYU/S2_1-12-19_48MYU_${k}_cl.tif; done
files 1 patches/S2_1-12-19_48MYU/S2_1-12-19_48MYU_1_conf.tif
gives 'S2_1-12-19_48MYU_0:12 S2_1-12-19_48MYU_1:13'

# MADOS: a folder a resolution; wavelengths name the bands and differ from satellite to satellite.
rule mados '[0-9]+/(Scene_[0-9]+)_L2R_rhorc_([0-9]+)_([0-9]+) \1_\3 rhorc_\2 0' \
	'10/(Scene_[0-9]+)_L2R_cl_([0-9]+) \1_\2 cl 0'
files 1 Scene_0/10/Scene_0_L2R_rhorc_492_1.tif Scene_0/10/Scene_0_L2R_rhorc_560_1.tif Scene_0/20/Scene_0_L2R_rhorc_704_1.tif \
	Scene_0/60/Scene_0_L2R_rhorc_443_1.tif Scene_0/10/Scene_0_L2R_cl_1.tif
gives 'Scene_0_1:5'

# HRSCD: the year of an image is in its name, so the key is what stands around it.
rule hrscd 'images_2006/[^/]+/([0-9]+)-[0-9]+-(.*) \1_\2 t1_{1..3} 0' 'images_2012/[^/]+/([0-9]+)-[0-9]+-(.*) \1_\2 t2_{1..3} 0' \
	'labels_change/[^/]+/([0-9]+)-[0-9]+-(.*) \1_\2 change 0'
files 3 images_2006/D14/14-2005-0415-6890-LA93.tif images_2012/D14/14-2012-0415-6890-LA93.tif
files 1 labels_change/D14/14-2012-0415-6890-LA93.tif
gives '14_0415-6890-LA93:7'

# xBD: before and after, and a target of each.
rule xbd 'images/(.*)_(pre|post)_disaster \1 \2_{1..3} 0' 'targets/(.*)_(pre|post)_disaster_target \1 \2_target 0'
files 3 tier1/images/mexico_00000001_pre_disaster.tif tier1/images/mexico_00000001_post_disaster.tif
files 1 tier1/targets/mexico_00000001_pre_disaster_target.tif tier1/targets/mexico_00000001_post_disaster_target.tif
gives 'mexico_00000001:8'

# DynamicEarthNet: a cube a place; images of days and labels of months.
rule den 'planet/[^/]+/[^/]+/([^/]+)/PF-SR/(.*) \1 sr_\2_{1..4} 0' 'labels/([^/]+)_[^/_]+/Labels/Raster/[^/]+/.*-([0-9]{4}_[0-9]{2}_[0-9]{2}) \1 label_\2? 0'
files 4 planet/10N/10N-121W-37N/1311_3077_13/PF-SR/2018-01-01.tif planet/10N/10N-121W-37N/1311_3077_13/PF-SR/2018-01-02.tif
files 1 labels/1311_3077_13_10N/Labels/Raster/10N-121W-37N-L3H-SR/10N-121W-37N-L3H-SR-2018_01_01.tif
gives '1311_3077_13:9'

# The same in TorchGeo's tests: folders are called .tif.
rule dent 'planet/[^/]+/[^/]+/([^/]+)/PF-(SR|QA)/(\d{4}-\d\d-\d\d) \1 \2_\3_{1..4} 0' 'sentinel2/([^/]+)/[^/]+/(\d{4}-\d\d-\d\d) \1 s2_\2_{1..12}? 0' \
	'labels/(\d+_\d+_\d+)_[^/]+/Labels/Raster/[^/]+/[^/]+/(\d{4}-\d\d-\d\d) \1 label_\2? 0'
for d in 01 02; do
	files 4 planet/10N/26E-183N/1330_3107_13/PF-SR/2018-01-$d.tif planet/10N/26E-183N/1330_3107_13/PF-QA/2018-01-$d.tif
	files 12 sentinel2/1330_3107_13/1330_3107_13_2018_01.tif/2018-01-$d.tif
done
files 1 labels/1330_3107_13_10N/Labels/Raster/10N-121W-39N-L3H-SR/10N-121W-39N-L3H-SR-2018_01_01.tif/2018-01-01.tif
gives '1330_3107_13:41'

# FLAIR-HUB: a folder for each kind and year; a time series has as many bands as there were dates.
rule flairhub '(D\d{3})-\d{4}_AERIAL_RGBI_(.*) \1_\2 aerial_{1..4} 0' '(D\d{3})-195X_AERIAL-RLT_PAN_(.*) \1_\2 pan? 0' \
	'(D\d{3})-\d{4}_SENTINEL2_TS_(.*) \1_\2 s2_{1..}? 0' '[^/]+/[^/]+/(D\d{3})-\d{4}_SENTINEL1-(ASC|DESC)_TS_(.*) \1_\3 s1_\2_{1..}? 0'
for k in 4:D006-2020_AERIAL_RGBI 1:D006-195X_AERIAL-RLT_PAN 10:D006-2020_SENTINEL2_TS 6:D006-2020_SENTINEL1-ASC_TS 12:D006-2020_SENTINEL1-DESC_TS; do
	files "${k%%:*}" "${k#*:}/FF-S1-14/${k#*:}_FF-S1-14_5-5.tif"
done
files 4 D012-2019_AERIAL_RGBI/AF-S1-27/D012-2019_AERIAL_RGBI_AF-S1-27_5-10.tif
files 13 D012-2019_SENTINEL2_TS/AF-S1-27/D012-2019_SENTINEL2_TS_AF-S1-27_5-10.tif
gives 'D006_FF-S1-14_5-5:33 D012_AF-S1-27_5-10:17'

# DFC2021: the year is in the folder and in the name.
rule dfc2021 'naip-\d{4}/(\d+)_naip-(\d{4}) \1 naip\2_{1..4} 0' 'nlcd-\d{4}/(\d+)_nlcd-(\d{4}) \1 nlcd\2 0'
for y in 2013 2017; do
	files 4 naip-$y/1950_naip-$y.tif
	files 1 nlcd-$y/1950_nlcd-$y.tif
done
gives '1950:10'

# SpaceNet 7: a place is a time series of months.
rule sn7 '([^/]+)/images_masked/global_monthly_([0-9]+_[0-9]+)_mosaic_.* \1 \2_{1..4} 0'
files 4 train/L15-0331E/images_masked/global_monthly_2018_01_mosaic_L15-0331E.tif train/L15-0331E/images_masked/global_monthly_2018_02_mosaic_L15-0331E.tif
gives 'L15-0331E:8'

# S1S2-Water: radar, optics, and a mask of each, with heights.
rule s1s2water 'sentinel12_(s[12])_([0-9]+)_msk \2 \1_msk 0' 'sentinel12_s1_([0-9]+)_img \1 s1_VV,s1_VH 0' \
	'sentinel12_s2_([0-9]+)_img \1 s2_{1..6} 0' 'sentinel12_copdem30_([0-9]+)_(elevation|slope) \1 \2? 0'
files 1 9/sentinel12_s1_9_msk.tif 9/sentinel12_s2_9_msk.tif 9/sentinel12_copdem30_9_slope.tif
files 2 9/sentinel12_s1_9_img.tif && files 6 9/sentinel12_s2_9_img.tif
gives '9:11'

# What is not a TIFF file is reported: PASTIS (npy), LoveDA (png), RESISC45 (jpg).
rule pastis 'S2_([0-9]+) \1 B{1..10} 0'
mkdir -p tree/DATA_S2 && : >tree/DATA_S2/S2_10000.npy
check 1 '' 'rsenc-scan: pastis: no patch found in tree: contains no TIFF file (for PNG or JPEG images see rsenc(7))' 'rsenc-scan -f rules pastis tree'
mkdir -p pictures/1 && : >pictures/1/S2_1.PNG
check 1 '' "*no patch found in pictures: contains no TIFF file (for PNG *" \
	'rsenc-scan -f rules pastis pictures'
check 1 '' 'rsenc-scan: tree/DATA_S2/S2_10000.npy: no match: its name does not end in .tif or .tiff' \
	'find tree -type f | rsenc-scan --explain -f rules pastis'

done_testing
