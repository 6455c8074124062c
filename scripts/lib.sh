# Shared by the scripts: where things are, how steps and failures look.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
export NODE_PATH=/usr/share/nodejs

if [ -t 1 ]; then BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' OFF=$'\e[0m'; else BOLD= DIM= RED= OFF=; fi

fail() { printf '%s%s%s\n' "$RED" "$*" "$OFF" >&2; exit 1; }

# step TITLE COMMAND…: one line while it runs; its output only when it fails.
mkdir -p build/logs
step() {
	local title=$1 log start seconds; shift
	log=build/logs/$(printf '%s' "$title" | tr -c 'a-zA-Z0-9\n' '-').log
	start=$(date +%s)
	printf '%s· %s …%s\n' "$DIM" "$title" "$OFF"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 60 "$log" >&2
		fail "Failed: $title. The whole output is in $log."
	fi
	seconds=$(( $(date +%s) - start ))
	if [ "$seconds" -gt 0 ]; then printf '  %s: %s s\n' "$title" "$seconds"; fi
}

# configure PRESET: once, and again when the preset file changes.
configure() {
	local dir=build/$1
	if [ ! -f "$dir/build.ninja" ] || [ CMakePresets.json -nt "$dir/build.ninja" ]; then
		step "Configure $1" cmake --preset "$1"
	fi
}
