#!/bin/sh
# RabbitMQ 4 of Debian 13 in a folder of its own, beside whatever this machine has: install.sh FOLDER
#
# It comes from where debootstrap gets Debian by itself, or from DEBIAN_MIRROR.
#
# FOLDER/bin then holds the scripts of RabbitMQ, each of which enters FOLDER/root (chroot, in a mount
# namespace of its own) before it runs: HAOPING_RABBITMQ=FOLDER/bin makes the private stack use them.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$folder/root

say() { echo "RabbitMQ 4 cannot be set up: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || say "it takes root, to make and enter a root folder of Debian 13"
command -v debootstrap >/dev/null || say "debootstrap is missing: apt-get install debootstrap"
unshare --mount true 2>/dev/null || say "this machine gives no mount namespace (unshare --mount)"

if [ ! -x "$root/usr/lib/rabbitmq/bin/rabbitmq-server" ]; then
  rm -rf "$root"
  debootstrap --variant=minbase --include=rabbitmq-server trixie "$root" ${DEBIAN_MIRROR:-} >"$folder/log" 2>&1 \
    || { tail -n 5 "$folder/log" >&2; say "debootstrap failed, see $folder/log"; }
fi
mkdir -p "$folder/bin"
cp "$here/denied.conf" "$folder/denied.conf"
for name in rabbitmq-server rabbitmqctl rabbitmq-queues rabbitmq-plugins rabbitmq-diagnostics \
  rabbitmq-env epmd; do
  sed "s|@FOLDER@|$folder|; s|@NAME@|$name|" "$here/entering.sh" >"$folder/bin/$name"
  chmod +x "$folder/bin/$name"
done
