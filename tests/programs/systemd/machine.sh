#!/bin/sh
# A systemd that is process 1 of namespaces of its own, where nothing that it does to files, mounts or cgroups outlives it. Takes root.
# machine.sh FOLDER KCLOGIN UNIT: FOLDER has the files for /etc/kclogin and /usr/local/bin in `etc` and `bin`, and gets what the service says in `log`.
set -eu

case $1 in
start)
    # The hierarchy is mounted here, as it may be anywhere or nowhere.
    mkdir -p "$2/cgroup"
    mount -t cgroup2 none "$2/cgroup"
    group=$2/cgroup/kclogin-test-$$
    mkdir "$group"
    trap 'find "$group" -depth -type d -exec rmdir {} \;' EXIT
    # Not this shell: a group with a process in it could not be removed.
    sh -c 'echo $$ > "$1/cgroup.procs"; shift; exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup --mount-proc "$@"' \
        sh "$group" sh "$0" boot "$2" "$3" "$4" || true
    ;;
boot)
    mkdir -p "$2/layers"
    mount -t tmpfs -o mode=755 none "$2/layers"
    for place in etc usr/local; do
        mkdir -p "$2/layers/$place" "$2/layers/$place.work"
        mount -t overlay -o "lowerdir=/$place,upperdir=$2/layers/$place,workdir=$2/layers/$place.work" none "/$place"
    done
    cp -R "$2/etc" /etc/kclogin
    cp "$2"/bin/* /usr/local/bin/
    touch /usr/local/bin/kclogin
    mount --bind "$3" /usr/local/bin/kclogin
    units=/etc/systemd/system
    mount -t tmpfs -o mode=755 none "$units"
    for target in sysinit basic shutdown umount network-online multi-user; do
        printf '[Unit]\nDefaultDependencies=no\n' > "$units/$target.target"
    done
    cp "$4" "$units/"
    unit=$(basename "$4")
    mkdir "$units/$unit.d"
    # No journal is here.
    printf '[Service]\nStandardOutput=append:/mnt/log\nStandardError=append:/mnt/log\n' > "$units/$unit.d/log.conf"
    mount --bind "$2" /mnt
    for place in /run /tmp /var/tmp; do
        mount -t tmpfs none "$place"
    done
    # The kernel's settings are everybody's.
    mount --bind /proc/sys /proc/sys
    mount -o remount,bind,ro /proc/sys
    umount -R /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
    exec env -i container=test PATH=/usr/local/bin:/usr/bin:/bin SYSTEMD_UNIT_PATH=$units \
        /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
    ;;
*)
    exec unshare --mount sh "$0" start "$@"
    ;;
esac
