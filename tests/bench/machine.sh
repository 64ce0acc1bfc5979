# shellcheck shell=sh
# What a table of times says of where it was measured: cores, processor, memory, system, file system
# of the directory that one is in.
machine() {
	cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
	ram_size=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
	disk=$(df -T . | awk 'NR == 2 { print $2 }')
	echo "$(getconf _NPROCESSORS_ONLN) cores of ${cpu:-$(uname -m)}, $ram_size, $(uname -sr), $disk"
}
