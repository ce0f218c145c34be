# packages.sh - the Debian packages, and how `./dev` installs what is missing. Sourced by it.

# Debian packages: what `up` needs, what `test` needs besides, and what only `bench` needs: the peer that it compares with.
RUN_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libevent-dev libpq-dev libhiredis-dev libcurl4-openssl-dev zlib1g-dev libssl-dev libjansson-dev libcmocka-dev
    redis-server postgresql-15 tzdata curl)
TEST_PACKAGES=(python3 clang clang-format clang-tidy libclang-rt-14-dev prometheus chromium chromium-driver python3-selenium
    python3-jsonschema python3-yaml fonts-noto-cjk openssl)
BENCH_PACKAGES=(python3 nginx libnginx-mod-http-lua strace valgrind)

missing_packages() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
    done
}

# Debian starts services of a package it installs unless a policy says no; ours lasts for this call only.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap '$SUDO rm -f $policy' EXIT
        printf '#!/bin/sh\nexit 101\n' | $SUDO tee $policy >/dev/null
        $SUDO chmod +x $policy
    fi
    "$@" >&2
)

install_packages() {
    local missing command by_hand answer
    command -v dpkg-query >/dev/null || die "this is not Debian; the packages of Debian 12 that are needed: $*"
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] && return 0
    command="apt-get install -y --no-install-recommends ${missing[*]}"
    by_hand="By hand, as root:
  apt-get update && $command"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "packages are missing, and there is no sudo. $by_hand"
        SUDO=sudo
    fi
    if [ "$YES" = no ]; then
        [ -t 0 ] || die "packages are missing. --yes installs them. $by_hand"
        printf 'These Debian packages are missing: %s\nInstall them now? [Y/n] ' "${missing[*]}" >&2
        read -r answer || answer=n
        case $answer in [nN]*) die "not installed. $by_hand" ;; esac
    fi
    say "Installing ${#missing[@]} packages (no system service is started, now or at the next boot) ..."
    $SUDO apt-get update -qq -o DPkg::Lock::Timeout=300 >&2 || die "apt-get update failed. $by_hand"
    without_services $SUDO env DEBIAN_FRONTEND=noninteractive $command -qq -o DPkg::Lock::Timeout=300 || die "the installation failed. $by_hand"
    for answer in redis-server:redis-server postgresql-15:postgresql prometheus:prometheus nginx:nginx; do
        case " ${missing[*]} " in *" ${answer%:*} "*) $SUDO update-rc.d "${answer#*:}" disable >&2 || true ;; esac
    done
}
