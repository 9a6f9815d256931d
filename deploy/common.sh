# shellcheck shell=bash
# Sourced by the scripts beside it: where the project is, and what it needs of the system.
#
# Works on Debian 12 and Ubuntu 22.04 or newer, as root and as an ordinary user with sudo. apt-get is called
# only when something is missing. Everything but a script's own result goes to stderr.

# shellcheck disable=SC2034 # The scripts that source this use it.
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)

# The oldest PostgreSQL that crates/local_postgres takes.
readonly oldest_postgres=15
readonly cluster_settings=/etc/postgresql-common/createcluster.conf
# Where the program looks for the fonts of printed pages.
readonly cjk_fonts=(
    /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc
    /usr/share/fonts/noto-cjk/NotoSerifCJK-Regular.ttc
)

say() {
    printf '%s\n' "$@" >&2
}

die() {
    say "$@"
    exit 1
}

# Finds cargo where rustup puts it, and the folder for temporary files that the caller names.
prepare_environment() {
    if ! command -v cargo >/dev/null; then
        PATH="${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH"
    fi
    command -v cargo >/dev/null || die \
        '没有找到 cargo。请先用 rustup 安装 Rust，再运行一次。' \
        'cargo was not found. Install Rust with rustup, then run this again.'
    if [[ -n ${TMPDIR:-} ]]; then
        mkdir -p -- "$TMPDIR" || die "TMPDIR 不能使用：$TMPDIR" "TMPDIR cannot be used: $TMPDIR"
    fi
}

# Installs the C compiler, the PostgreSQL server programs, npm and the Chinese font, each unless it is there, and what
# the pages ship; with the argument `tests` also what only tests use: a mail server in Python, its virtual environments,
# a reader of PDF files, and Chromium with its driver.
#
# Every step answers for its own failure, so that this also works where `set -e` is suspended.
install_missing() {
    local packages=() missing=()
    compiles_c || packages+=(gcc libc6-dev pkg-config)
    has_cjk_font || packages+=(fonts-noto-cjk)
    has_npm || packages+=(nodejs npm)
    [[ ${1:-} != tests ]] || has_browser || packages+=("$(browser_packages)")
    [[ ${1:-} != tests ]] || has_test_tools || packages+=(python3 python3-venv python3-aiosmtpd poppler-utils)
    missing=("${packages[@]}")
    has_postgres || missing+=("postgresql (>= $oldest_postgres)")
    if ((${#missing[@]} == 0)); then
        install_assets
        return
    fi

    if may_install; then
        say "安装缺少的软件：${missing[*]}" "Installing what is missing: ${missing[*]}"
        apt_get update || say '软件列表没有更新，用现有的。' 'The package lists were not updated; using those at hand.'
        ((${#packages[@]} == 0)) || apt_get install "${packages[@]}" || say '有的软件没有装上。' 'Some packages failed.'
        has_postgres || install_postgres
    else
        say "缺少 ${missing[*]}。安装要用 apt-get 和 root 权限：请以 root 运行一次，或先装 sudo，或自行安装。" \
            "Missing: ${missing[*]}. Installing needs apt-get and root: run this once as root, or install sudo first, or install them yourself."
    fi
    check_what_is_there
    [[ ${1:-} != tests ]] || has_test_tools || die \
        '测试要用的 python3-aiosmtpd、python3-venv 或 poppler-utils 没有装上。' \
        'python3-aiosmtpd, python3-venv or poppler-utils, which the tests need, is missing.'
    [[ ${1:-} != tests ]] || has_cjk_font || die \
        '测试要用的中文字体 fonts-noto-cjk 没有装上。' 'The font fonts-noto-cjk, which the tests need, is missing.'
    [[ ${1:-} != tests ]] || has_browser || die \
        '测试要用的 Chromium 和 chromedriver 没有装上。' 'Chromium and chromedriver, which the tests need, are missing.'
    install_assets
}

# Style, icons and scripts of the pages, as pinned; nothing is fetched when they are there already.
install_assets() {
    local folder=$root/crates/service
    has_npm || die '没有 npm，网页用的文件装不上。' 'npm is missing, which installs what the pages ship.'
    ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json" || return 0
    say '安装网页用的文件。' 'Installing what the pages ship.'
    (cd -- "$folder" && npm ci --no-audit --no-fund --ignore-scripts >&2) || die \
        'npm ci 没有成功，请检查网络后再试。' 'npm ci failed; check the network and try again.'
    cp -- "$folder/package-lock.json" "$folder/node_modules/.installed-lock.json"
}

has_npm() {
    command -v node >/dev/null && command -v npm >/dev/null
}

has_browser() {
    command -v chromedriver >/dev/null && { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null
}

# Debian has the driver as chromium-driver; Ubuntu as chromium-chromedriver, which brings the browser along.
browser_packages() {
    if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
        echo chromium-chromedriver
    else
        echo chromium-driver
    fi
}

# Debian's own Python: another one on the path does not see Debian's modules.
has_test_tools() {
    /usr/bin/python3 -c 'import aiosmtpd, ensurepip, venv' 2>/dev/null && command -v pdftotext >/dev/null
}

may_install() {
    command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }
}

# The font is for printed pages only: without it everything else works.
check_what_is_there() {
    compiles_c || die \
        '没有可用的 C 编译器（gcc、libc6-dev）。' \
        'There is no working C compiler (gcc, libc6-dev).'
    has_postgres || die \
        "没有 PostgreSQL $oldest_postgres 或更新的服务器程序。已装在别处时，用 JIFEN_PG_BIN 指出它的 bin 目录。" \
        "There are no PostgreSQL server programs, $oldest_postgres or newer. If they are elsewhere, name their bin folder in JIFEN_PG_BIN."
    has_cjk_font || say \
        '没有装上中文字体 fonts-noto-cjk：打印件要用它，其余不受影响。' \
        'The font fonts-noto-cjk is missing: printed pages need it, nothing else does.'
}

compiles_c() {
    command -v cc >/dev/null && cc -fsyntax-only -x c - <<<'#include <stdlib.h>' 2>/dev/null
}

has_cjk_font() {
    local file
    for file in "${cjk_fonts[@]}"; do
        [[ ! -e $file ]] || return 0
    done
    return 1
}

# Looks where crates/local_postgres/src/binaries.rs looks.
has_postgres() {
    local folder
    if [[ -n ${JIFEN_PG_BIN:-} ]]; then
        serves_postgres "$JIFEN_PG_BIN" || die \
            "JIFEN_PG_BIN 指向的目录里没有 PostgreSQL $oldest_postgres 或更新的服务器程序：$JIFEN_PG_BIN" \
            "JIFEN_PG_BIN names a folder without PostgreSQL server programs, $oldest_postgres or newer: $JIFEN_PG_BIN"
        return 0
    fi
    for folder in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null)"; do
        ! serves_postgres "$folder" || return 0
    done
    return 1
}

# Whether a folder holds the server programs, new enough.
serves_postgres() {
    local folder=$1 program version
    for program in postgres pg_ctl initdb; do
        [[ -x $folder/$program ]] || return 1
    done
    version=$("$folder/postgres" --version) || return 1
    version=${version##*'(PostgreSQL) '}
    version=${version%%[!0-9]*}
    ((${version:-0} >= oldest_postgres))
}

install_postgres() {
    local version
    apt_get install postgresql-common || die '没有装上 postgresql-common。' 'postgresql-common was not installed.'
    keep_cluster_away
    version=$(newest_postgres)
    if [[ -z $version ]]; then
        add_postgres_source
        version=$(newest_postgres)
    fi
    [[ -n $version ]] || die \
        "本机的软件源里没有 PostgreSQL $oldest_postgres 或更新的版本。" \
        "The package sources of this machine have no PostgreSQL $oldest_postgres or newer."
    apt_get install "postgresql-$version" || die \
        "没有装上 postgresql-$version。" "postgresql-$version was not installed."
}

# The packages make and start a cluster of their own, which nobody here uses: off, unless somebody chose.
keep_cluster_away() {
    if [[ -e $cluster_settings ]] && ! grep -Eq '^[[:space:]]*create_main_cluster' "$cluster_settings"; then
        printf '%s\n' '' '# jifen makes its own clusters; the packages need not start one.' \
            'create_main_cluster = false' | as_root tee -a "$cluster_settings" >/dev/null || die \
            "不能改写 $cluster_settings" "Cannot change $cluster_settings"
    fi
}

# The newest server version that the package sources offer, if it is new enough.
newest_postgres() {
    apt-cache search --names-only '^postgresql-[0-9]+$' |
        sed -n 's/^postgresql-\([0-9]*\) .*/\1/p' |
        sort -n |
        awk -v oldest="$oldest_postgres" '$1 >= oldest { newest = $1 } END { print newest }'
}

# Ubuntu 22.04 itself ends with version 14; postgresql-common brings the script that adds the PostgreSQL
# project's own package source.
add_postgres_source() {
    local script
    say '系统自带的 PostgreSQL 太旧，添加 PostgreSQL 项目的软件源。' \
        'The PostgreSQL of this system is too old; adding the package source of the PostgreSQL project.'
    apt_get install ca-certificates || say '没有装上 ca-certificates。' 'ca-certificates was not installed.'
    for script in /usr/share/postgresql-common/pgdg/*.sh; do
        if [[ -e $script ]]; then
            as_root sh "$script" -y >&2 || say '添加软件源失败。' 'Adding the package source failed.'
            return
        fi
    done
}

# Waits for another package manager, asks nothing, and keeps stdout for the script's own result.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 "$@" >&2
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo -- "$@"
    fi
}
