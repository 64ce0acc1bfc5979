#!/bin/sh
# One run of each command under valgrind's memcheck: no access to what is not there or was never
# written, and nothing lost.
# shellcheck disable=SC2016 # the sh of a row expands what stands in it
. "${0%/*}/lib.sh"

case ${CFLAGS-} in
*sanitize*)
	skip 'memcheck' 'valgrind does not run what sanitizers are built into'
	done_testing
	;;
esac
if ! have valgrind; then
	skip 'memcheck' 'valgrind is not installed'
	done_testing
fi

mkdir checked
for command in "$BIN"/rsenc-*; do
	# No pipes of a debugger: Landlock keeps the command from removing them.
	printf '#!/bin/sh\nexec valgrind -q --vgdb=no --log-file=%s/log.%%%%p --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect %s "$@"\n' \
		"$tmp" "$command" >checked/"${command##*/}"
	chmod +x checked/"${command##*/}"
done
fixture bigearthnet-s1 s1 3
fixture hyspecnet-11k hsn 1
fixture ssl4eo-s12-l2a ssl 1
rm "$(find s1 -name '*_VV.tif' | sort | tail -1)"
PATH=$tmp/checked:$PATH

check 1 '' '*1 of 2 bands missing (VV)*' 'rsenc-scan -j 3 bigearthnet-s1 s1 >groups'
check 0 '' '' 'rsenc-scan hyspecnet-11k hsn >>groups; rsenc-scan ssl4eo-s12-l2a ssl >>groups'
is 'groups' "$(grep -c . groups)" 4
check 1 '' '*none.tif*' 'printf "k\tB=none.tif\n" | cat - groups | rsenc-pack -rk -j 3 >all.rec'
check 0 '' '' 'rsenc-pack -r -S m=B2,B3 -A 64 -t B2,B3,B4 "$(tail -1 groups)" | rsenc-load --single-file stacked'
check 0 '' '' 'rsenc-load db <all.rec'
check 1 '' '*already stored*' 'rsenc-load db <all.rec'
check 0 '' '' 'rsenc-load --replace -b 1 db <all.rec'
check 1 '' '*truncated*' 'head -c 150000 all.rec | rsenc-load -s db'
check 0 '' '' 'rsenc-load -s db <all.rec'
check 0 '' '*4 patches: 4 identical*' 'rsenc-verify -x db <all.rec'
check 0 '' '' 'rsenc-missing db <groups'
check 0 '' '*4 patches: 4 identical*' 'rsenc-dump db | rsenc-verify db'
check 0 '*' '' 'rsenc-dump --keys db'
check 0 '' '' 'rsenc-show --stats all.rec >shown'
check 0 '' '' 'rsenc-dump -b "$(tail -1 groups | cut -f 1)" db | rsenc-view >picture.ppm'
check 0 '' '' 'head -2 groups | rsenc-pack -r | rsenc-view >sheet.pgm'
# Calls of the system that this valgrind does not know (Landlock) are named in the logs too.
is 'memcheck found nothing' "$(cat log.* | grep -A 20 '^==' | head -60)" ''

done_testing
