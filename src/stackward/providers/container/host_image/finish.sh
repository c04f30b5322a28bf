#!/bin/sh
# Runs once in the new image, after its packages and files are there.
set -eu
update-ca-certificates

# Hosts made from one image must not share an identity.
rm -f /etc/ssh/ssh_host_*
rm -f /var/lib/dbus/machine-id
: >/etc/machine-id

# The machine that built the image leaves its own; an engine's build has them mounted, and then they are empty below.
for name in hosts hostname resolv.conf; do
  mountpoint -q "/etc/$name" && continue
  rm -f "/etc/$name"
  : >"/etc/$name"
done

mkdir -p /root/.ssh
chmod 0700 /root/.ssh
rm -f /usr/sbin/policy-rc.d

# A container has no console, no devices of its own and no passphrase to ask for; these would only fail or wait.
systemctl --quiet mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  console-getty.service getty.target systemd-ask-password-console.path systemd-ask-password-wall.path \
  systemd-udevd.service systemd-resolved.service
systemctl --quiet enable own-etc.service

rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb
rm -f "$0"
