#!/bin/sh
# @NAME@ of RabbitMQ 4, in the root folder that it was installed into. The folder of the stack, above
# HOME, is there under its own path, so that every path it is given is right on both sides.
set -eu
export FOLDER=@FOLDER@ NAME=@NAME@ STATE=$(dirname "$HOME") HERE=$PWD
if [ "$NAME" = rabbitmq-server ]; then
  cp "$FOLDER/denied.conf" "$RABBITMQ_CONFIG_FILES/90-denied.conf"
fi
for each in "$FOLDER"/root/usr/lib/rabbitmq/lib/*/plugins; do
  export RABBITMQ_PLUGINS_DIR="${each#"$FOLDER/root"}"
done
exec unshare --mount sh -euc '
  root=$FOLDER/root
  for each in /proc /dev /sys /tmp; do mount --rbind $each $root$each; done
  mkdir -p "$root$STATE"
  mount --rbind "$STATE" "$root$STATE"
  cp /etc/hosts /etc/resolv.conf "$root/etc/"
  export PATH=/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin
  exec chroot "$root" sh -euc "cd \"\$HERE\" 2>/dev/null || cd /; exec \"\$NAME\" \"\$@\"" "$NAME" "$@"
' "$NAME" "$@"
