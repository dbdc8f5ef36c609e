#!/bin/bash
# Makes the image that testcases/boot/boot.py boots: Debian 12, whose systemd 252 is also Amazon Linux 2023's major, with
# cloud-init and its Ec2 datasource alone. It lies in target/boot/ as disk.raw, vmlinuz and initrd.img; where it is there
# already nothing is done. As root. What is needed to make it (debootstrap, qemu) is installed where apt-get may.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=${1:-target/boot}
suite=bookworm
mirror=${TENFOLD_DEBIAN_MIRROR:-http://deb.debian.org/debian}
# Changes with what is in the image, so that an older one is made anew.
version=$(sha256sum testcases/boot/image.sh | cut -c1-16)

needed() {
    local missing=()
    command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
    command -v debootstrap >/dev/null || missing+=(debootstrap)
    command -v ip >/dev/null || missing+=(iproute2)
    command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
    [ ${#missing[@]} = 0 ] && return
    echo "image.sh: installing ${missing[*]}" >&2
    apt-get update --quiet >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "${missing[@]}" >/dev/null
}

[ "$(id --user)" = 0 ] || { echo "image.sh: run it as root: debootstrap makes devices and a chroot" >&2; exit 1; }
needed
if [ "$(cat "$place/version" 2>/dev/null)" = "$version" ] && [ -s "$place/disk.raw" ]; then
    exit
fi
# What is mounted for making it is seen by nobody else, and gone with this process.
[ "${TENFOLD_OWN_MOUNTS:-}" = yes ] || TENFOLD_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0" "$@"
mkdir -p "$place"
root=$(mktemp --directory "$place/root.XXXXXX")
clean() {
    umount --quiet "$root/dev" "$root/proc" || true
    rm -rf --one-file-system -- "$root"
}
trap clean EXIT
failed() {
    tail --lines=20 "$place/image.log" >&2
    exit 1
}

echo "image.sh: making $place/disk.raw (some minutes, once)" >&2
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$place/image.log" 2>&1 || failed
# Nothing is lost but the image with a machine that dies meanwhile.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/boot"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
# The kernel's first disk has only what a virtual machine needs: it loads in half the time.
mkdir -p "$root/etc/initramfs-tools/conf.d"
echo MODULES=list >"$root/etc/initramfs-tools/conf.d/boot"
printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >"$root/etc/initramfs-tools/modules"
# For a login server's private Postgres; there is none of the machine's own.
mkdir -p "$root/etc/postgresql-common"
echo create_main_cluster = false >"$root/etc/postgresql-common/createcluster.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin apt-get install --quiet --yes \
    --no-install-recommends systemd-sysv udev dbus ca-certificates curl iproute2 netbase procps git cloud-init postgresql-15 \
    linux-image-cloud-amd64 initramfs-tools zstd >>"$place/image.log" 2>&1 || failed
rm "$root/usr/sbin/policy-rc.d"
umount "$root/dev" "$root/proc"

echo tenfold-guest >"$root/etc/hostname"
echo '/dev/vda / ext4 defaults,noatime 0 1' >"$root/etc/fstab"
: >"$root/etc/machine-id"
# debootstrap copies it from here; nobody answers there, and cloud-init would wait for half a minute.
: >"$root/etc/resolv.conf"
# As Debian's own images for EC2 have it.
chroot "$root" systemctl --quiet enable systemd-networkd
chroot "$root" systemctl --quiet disable postgresql
# As on EC2's images: the datasource is named, the network is cloud-init's (DHCP on the first interface).
cat >"$root/etc/cloud/cloud.cfg.d/90_boot.cfg" <<'END'
datasource_list: [ Ec2, None ]
datasource:
  Ec2:
    metadata_urls: [ "http://169.254.169.254:80" ]
    max_wait: 60
    timeout: 5
    strict_id: false
system_info:
  network:
    renderers: [ networkd ]
END
rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
mkdir -p "$root/var/cache/apt/archives/partial" "$root/var/lib/apt/lists/partial"

cp "$root"/boot/vmlinuz-* "$place/vmlinuz"
cp "$root"/boot/initrd.img-* "$place/initrd.img"
rm -f "$place/disk.raw" "$place/version"
truncate --size=2G "$place/disk.new"
mkfs.ext4 -q -F -d "$root" "$place/disk.new"
mv "$place/disk.new" "$place/disk.raw"
echo "$version" >"$place/version"
