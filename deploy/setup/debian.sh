#!/usr/bin/env bash
# debian.sh [PACKAGE...]: sees to it that the programs are there which the tests run for real (or these packages).
# Installs what is missing where it may; elsewhere it says what to install and ends with 1.
set -euo pipefail

gstreamer='import gi
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
import sys
sys.exit(Gst.ElementFactory.find(sys.argv[1]) is None)'

has() {
    case $1 in
    redis-server) command -v redis-server ;;
    postgresql) command -v postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' ;;
    chromium) command -v chromium ;;
    mosquitto) command -v mosquitto || test -x /usr/sbin/mosquitto ;;
    openjdk-17-jre-headless) command -v java ;;
    maven) command -v mvn ;;
    python3-gi) /usr/bin/python3 -c 'import gi' ;;
    gir1.2-gst-rtsp-server-1.0) /usr/bin/python3 -c "$gstreamer" fakesink ;;
    gstreamer1.0-plugins-base) /usr/bin/python3 -c "$gstreamer" videotestsrc ;;
    gstreamer1.0-plugins-good) /usr/bin/python3 -c "$gstreamer" rtph264pay ;;
    gstreamer1.0-plugins-ugly) /usr/bin/python3 -c "$gstreamer" x264enc ;;
    *) dpkg-query -W -f='${Status}' "$1" | grep -q 'ok installed' ;;
    esac >/dev/null 2>&1
}

wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then
    wanted=(redis-server postgresql chromium mosquitto openjdk-17-jre-headless maven python3-gi gir1.2-gst-rtsp-server-1.0
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly)
fi
missing=()
for package in "${wanted[@]}"; do
    has "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n)
fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    {
        echo "These Debian packages are missing, and this script may not install them:"
        echo "    ${missing[*]}"
        echo "Install them as root, then run the same command again:"
        echo "    apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
fi
echo "installing Debian packages: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}"

still=()
for package in "${missing[@]}"; do
    has "$package" || still+=("$package")
done
if [ ${#still[@]} -ne 0 ]; then
    echo "installed, but what they are for is still not found: ${still[*]}" >&2
    exit 1
fi
