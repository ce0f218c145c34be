# up.sh - both payment providers without real money, as `./dev up` runs them. Sourced by it.

sandbox_port() { sed -n "${1}p" "$HOME_DIR/sandbox.ports" 2>/dev/null || true; } # sandbox_port 1: HTTPS | 2: its admin port

# Two free ports, the same ones for as long as nobody else takes them: the merchants file names them.
choose_sandbox_ports() {
    local port=$((PORT + 1000)) found=()
    [ ! -s "$HOME_DIR/sandbox.ports" ] || return 0
    [ $port -lt 60000 ] || port=$((PORT - 1000))
    while [ ${#found[@]} -lt 2 ]; do
        port_taken $port || found+=("$port")
        port=$((port + 1))
    done
    printf '%s\n' "${found[@]}" >"$HOME_DIR/sandbox.ports"
}

sandbox_ready() { curl -fsS -m 2 --noproxy '*' "http://127.0.0.1:$(sandbox_port 2)/status"; }

merchants_sum() { sha256sum "$HOME_DIR/sandbox/merchants.json" 2>/dev/null || true; }

sandbox_up() {
    local pid before tries=0
    if pid=$(pid_of sandbox); then
        [ ! "/proc/$pid/exe" -ef "$BUILD/sandbox/hongbao-sandbox" ] || return 0
        stop_one sandbox TERM 10
    fi
    before=$(merchants_sum)
    start sandbox
    until wait_for sandbox 30 sandbox_ready; do
        # Somebody else has one of its ports by now.
        tries=$((tries + 1))
        tail -5 "$HOME_DIR/log/sandbox.log" | grep -q 'cannot be had' && [ $tries -le 5 ] || log_and_die sandbox
        rm -f "$HOME_DIR/sandbox.ports"
        PORT=$((PORT + 7 * tries)) choose_sandbox_ports
        start sandbox
    done
    [ "$(merchants_sum)" = "$before" ] || RESTART=yes # the engine reads it at its start
}

merchant_up() { # merchant_up NAME SETTINGS MARK: its row, with as much money as the sandbox has for it; what was changed stays, if the mark is there
    if ! hongbao merchant show "$1" --json --home "$HOME_DIR" 2>/dev/null | grep -qF "$3"; then
        printf '%s' "$2" | hongbao merchant add "$1" - --home "$HOME_DIR" >/dev/null || die "could not add the merchant $1"
    fi
    hongbao merchant topup "$1" --fen 100000000 --key demo-float --home "$HOME_DIR" >/dev/null || die "could not top up $1"
}

merchants_up() {
    local page
    page=http://127.0.0.1:$(sandbox_port 2)/payee
    merchant_up wechat-sandbox "{\"provider\": \"wechat\", \"app_id\": \"wx73616e64626f7801\", \"single_cap_fen\": 20000, \"name_from_fen\": 200000,
        \"settings\": {\"mch_id\": \"1900000001\", \"sandbox\": true, \"confirm_url\": \"$page\"}}" "\"$page\""
    merchant_up alipay-sandbox '{"provider": "alipay", "app_id": "2021000000000001", "single_cap_fen": 5000000, "settings": {"sandbox": true}}' \
        '"alipay-sandbox"'
}
