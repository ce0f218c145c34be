# ./dev doctor: looks at what a launch trips over and says how to fix each. Sourced by dev.

doctor_say() { # doctor_say ok|warn|bad WHAT FIX
    case $1 in
    ok) printf '  ok    %s\n' "$2" ;;
    warn) printf '  warn  %s\n        %s\n' "$2" "$3" ;;
    bad) printf '  BAD   %s\n        %s\n' "$2" "$3"; DOCTOR_BAD=yes ;;
    esac
}

doctor_packages() {
    local missing
    missing=$(missing_packages "${RUN_PACKAGES[@]}" | tr '\n' ' ')
    [ -z "$missing" ] && doctor_say ok "packages" || doctor_say bad "missing packages: $missing" "./dev up installs them; by hand, as root: apt-get install -y --no-install-recommends $missing"
}

doctor_port() {
    local port=${PORT:-$(port_of_home)}
    port=${port:-8080}
    if pid_of engine >/dev/null; then
        doctor_say ok "port $port is this home's engine"
    elif port_taken "$port"; then
        doctor_say bad "port $port is taken" "choose another: ./dev up --port N"
    else
        doctor_say ok "port $port is free"
    fi
}

doctor_limits() {
    local files somaxconn overcommit
    files=$(ulimit -Hn)
    [ "$files" = unlimited ] || [ "$files" -ge 65536 ] && doctor_say ok "open files: $files" ||
        doctor_say warn "at most $files open files" "raise it: ulimit -Hn 1048576, or LimitNOFILE= in the unit"
    somaxconn=$(cat /proc/sys/net/core/somaxconn)
    [ "$somaxconn" -ge 4096 ] && doctor_say ok "net.core.somaxconn: $somaxconn" ||
        doctor_say warn "net.core.somaxconn is $somaxconn: an accept storm overflows" "sysctl -w net.core.somaxconn=4096"
    overcommit=$(cat /proc/sys/vm/overcommit_memory)
    [ "$overcommit" = 1 ] && doctor_say ok "vm.overcommit_memory: 1" ||
        doctor_say warn "vm.overcommit_memory is $overcommit: Redis may fail to rewrite its file" "sysctl -w vm.overcommit_memory=1"
}

doctor_clock() {
    local year
    year=$(date +%Y)
    [ "$year" -ge 2026 ] && doctor_say ok "clock: $(date -u +%FT%TZ)" || doctor_say bad "the clock says $(date -u +%F)" "set it; run chrony or systemd-timesyncd"
}

doctor_disk() {
    local free dir=$HOME_DIR
    while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
    free=$(df -Pm "$dir" | awk 'NR == 2 {print $4}')
    [ "$free" -ge 2048 ] && doctor_say ok "disk: $free MiB free" || doctor_say bad "only $free MiB free below $dir" "make room, or choose another --home"
}

cmd_doctor() {
    DOCTOR_BAD=no
    doctor_packages
    doctor_port
    doctor_limits
    doctor_clock
    doctor_disk
    [ -f "$HOME_DIR/hongbao.conf" ] || { [ $DOCTOR_BAD = no ]; return; }
    local name
    for name in engine sandbox redis postgres; do
        pid_of $name >/dev/null && doctor_say ok "$name runs" || doctor_say warn "$name is stopped" "./dev up; its log: $HOME_DIR/log/$name.log"
    done
    [ ! -x "$BUILD/engine/hongbao" ] || hongbao config check --home "$HOME_DIR" >/dev/null && doctor_say ok "configuration" || doctor_say bad "configuration" "hongbao config check --home $HOME_DIR"
    [ $DOCTOR_BAD = no ]
}
