#!/bin/sh
# An image for containers, written with sh, tar, gzip and sha256sum alone:
#
#     sh image.sh DIST ZSTD VERSION FILE
#
# FILE becomes a tar of an OCI image layout (image-spec 1.0) that `docker load` takes too: it has the
# manifest.json of docker save besides. In it: the static executable of DIST (the unpacked tarball) with
# its links, BusyBox for the script's sh, awk and sort and for .gz, .xz and .bz2, ZSTD, a static program for
# .zst, and the files that Apptainer and Charliecloud bind or read. The same input gives the same bytes:
# times are SOURCE_DATE_EPOCH.
set -eu
umask 022
dist=$1 zstd=$2 version=$3 file=$4
work=$file.work
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root" "$work/layout/blobs/sha256"

case $(uname -m) in
x86_64) architecture=amd64 ;;
aarch64) architecture=arm64 ;;
*) architecture=$(uname -m) ;;
esac
created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

# pack DIR FILE: a tar that tells nothing of who made it, or when
pack() {
	tar -C "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--format=ustar -cf "$2" .
}

sum() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# blob FILE: moves it to its place; its digest in $digest, its size in $size
blob() {
	digest=$(sum "$1")
	size=$(($(wc -c <"$1")))
	mv "$1" "$work/layout/blobs/sha256/$digest"
}

# ---- what is in it ----

busybox=$(command -v busybox) || {
	echo "make image: busybox is not installed: run 'make deps-check'" >&2
	exit 1
}
if readelf -l "$busybox" | grep -q INTERP; then
	echo "make image: $busybox is not linked statically: run 'make deps-check' (busybox-static)" >&2
	exit 1
fi
(
	cd "$work/root"
	mkdir -p bin usr/bin etc dev proc sys root home data var/tmp tmp usr/share/doc/busybox
	chmod 1777 tmp var/tmp
	cp "$busybox" bin/busybox
	for applet in $(./bin/busybox --list); do
		[ -e "bin/$applet" ] || ln -s busybox "bin/$applet"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
	echo 'root:x:0:' >etc/group
	echo '127.0.0.1 localhost' >etc/hosts
	: >etc/resolv.conf
	echo "PRETTY_NAME=\"rsenc $version\"" >etc/os-release
)
cp -R "$dist"/bin/. "$work/root/usr/bin"
install -m 755 "$zstd" "$work/root/usr/bin/zstd"
cp -R "$dist/share/doc/rsenc/licences" "$work/root/usr/share/doc/rsenc"
# BusyBox is under the GPL 2 and another program: its text, and where its source is.
about=$(dpkg-query -W -f '${source:Package} ${source:Version}' busybox-static 2>/dev/null || echo busybox)
echo "/bin/busybox is of Debian's source package $about" >"$work/root/usr/share/doc/busybox/source"
for text in /usr/share/doc/busybox-static/copyright /usr/share/common-licenses/GPL-2; do
	[ ! -f "$text" ] || cp -L "$text" "$work/root/usr/share/doc/busybox/"
done

# ---- layer, configuration, manifest, index ----

pack "$work/root" "$work/layer.tar"
unpacked=$(sum "$work/layer.tar")
gzip -9n "$work/layer.tar"
blob "$work/layer.tar.gz"
layer=$digest layer_size=$size

labels="\"org.opencontainers.image.title\": \"rsenc\",
    \"org.opencontainers.image.description\": \"Remote-sensing patches to safetensors in LMDB\",
    \"org.opencontainers.image.version\": \"$version\",
    \"org.opencontainers.image.licenses\": \"MIT\",
    \"org.opencontainers.image.created\": \"$created\""
cat >"$work/config" <<TEXT
{
  "created": "$created",
  "architecture": "$architecture",
  "os": "linux",
  "config": {
    "Env": ["PATH=/usr/bin:/bin"],
    "Entrypoint": ["/usr/bin/rs-tensor-encoder"],
    "Cmd": ["--help"],
    "WorkingDir": "/data",
    "Labels": {
    $labels
    }
  },
  "rootfs": {"type": "layers", "diff_ids": ["sha256:$unpacked"]},
  "history": [{"created": "$created", "created_by": "make image"}]
}
TEXT
blob "$work/config"
config=$digest config_size=$size

cat >"$work/manifest" <<TEXT
{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": "sha256:$config",
    "size": $config_size
  },
  "layers": [
    {
      "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
      "digest": "sha256:$layer",
      "size": $layer_size
    }
  ],
  "annotations": {
    $labels
  }
}
TEXT
blob "$work/manifest"

cat >"$work/layout/index.json" <<TEXT
{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:$digest",
      "size": $size,
      "platform": {"architecture": "$architecture", "os": "linux"},
      "annotations": {
        "org.opencontainers.image.ref.name": "$version",
        "io.containerd.image.name": "docker.io/library/rsenc:$version"
      }
    }
  ]
}
TEXT
echo '{"imageLayoutVersion": "1.0.0"}' >"$work/layout/oci-layout"
echo "[{\"Config\": \"blobs/sha256/$config\", \"RepoTags\": [\"rsenc:$version\"]," \
	"\"Layers\": [\"blobs/sha256/$layer\"]}]" >"$work/layout/manifest.json"
pack "$work/layout" "$file"
