#!/bin/bash
# Installs the peer tools from Debian packages; run again, it does nothing that is done. Nothing is built here.
#  - sid/trixie binaries are unpacked into $P (PEERS, default /var/tmp/peers), never installed; the system libc stays as it is.
#  - those that need a newer libc get a private sid sysroot ($P/sysroot): a copy in $P/opt is patchelf'ed to use it.
#  - bookworm packages that run natively (wrk, nginx, busybox-static, runc's uidmap ...) are apt-installed,
#    with service start-up forbidden while apt runs.
# Use:  setup-peers.sh && export PATH=${PEERS:-/var/tmp/peers}/bin:$PATH     (needs root, about 1.3 GB and 2 minutes)
set -euo pipefail
P=${PEERS:-/var/tmp/peers}
SID_TOOLS="crane oras docker-registry docker-cli docker-buildx umoci skopeo buildah crun runc docker.io containerd"
SID_LIBS="libc6 libgpgme45 libgpg-error0 libassuan9 libsqlite3-0 libsubid6 libseccomp2 libblake3-0 libtbb12 libtbbmalloc2 libtbbbind-2-5 libhwloc15
  libcap2 libjson-c5 libsystemd0 libgcc-s1 libstdc++6 libaudit1 libcap-ng0 libselinux1 libpam0g libpcre2-8-0 libcrypt1 libbsd0 libmd0 libacl1 libattr1 zlib1g libxxhash0 libudev1
  golang-github-containers-common golang-github-containers-image"
BOOKWORM="wrk busybox-static nginx-light uidmap time jq curl git zstd apache2-utils libseccomp2 fuse-overlayfs patchelf file zsh fish openssh-server openssh-client libdevmapper1.02.1 python3-docker"
# docker commands and daemons of years ago, each in a folder of its own: version, suite, packages; they run on bookworm as they are
OLD_DOCKERS=("20 bookworm docker.io" "26 trixie docker.io docker-cli")
export DEBIAN_FRONTEND=noninteractive
# sid, trixie and backports from the mirror that apt already uses, pinned so low that nothing is ever installed from them by itself
HERE=$(cd "$(dirname "$0")" && pwd)
if [ ! -e /etc/apt/sources.list.d/peers.sources ]; then
  mirror=$("$HERE/apt-mirror.sh")
  rm -f "$P/.apt-updated" # what apt knows is from before these sources
  printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports trixie sid\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" >/etc/apt/sources.list.d/peers.sources
  for n in bookworm-backports:60 trixie:50 sid:40; do printf 'Package: *\nPin: release n=%s\nPin-Priority: %s\n\n' "${n%:*}" "${n#*:}"; done >/etc/apt/preferences.d/peers
fi
mkdir -p "$P"/{bin,debs,root,sysroot,opt}

[ -e "$P/.apt-updated" ] && [ -n "$(find "$P/.apt-updated" -mmin -720)" ] || { apt-get update -qq; touch "$P/.apt-updated"; }

# 1. native bookworm packages, without starting any service
if ! dpkg -s $BOOKWORM >/dev/null 2>&1; then
  had=; [ -e /usr/sbin/policy-rc.d ] && had=1
  [ -n "$had" ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }
  apt-get install -y -qq --no-install-recommends $BOOKWORM >/dev/null || { [ -n "$had" ] || rm -f /usr/sbin/policy-rc.d; exit 1; }
  [ -n "$had" ] || rm -f /usr/sbin/policy-rc.d
fi

# 2. unpack (one apt-get download for all that are missing)
want=() ; declare -A into
need() { # NAME/suite INTO
  local n=${1%%/*}; [ -e "$P/debs/.done.$n" ] && return 0
  apt-cache show "$n" >/dev/null 2>&1 || { echo "note: no package $n"; return 0; }
  want+=("$1"); into[$n]=$2
}
for t in $SID_TOOLS; do need "$t/sid" "$P/root"; done
for t in hyperfine docker-compose; do need "$t/trixie" "$P/root"; done
for t in tinyproxy-bin microsocks; do need "$t/bookworm" "$P/root"; done
need mmdebstrap/bookworm-backports "$P/root"
for l in $SID_LIBS; do need "$l/sid" "$P/sysroot"; done
if [ ${#want[@]} -gt 0 ]; then
  ( cd "$P/debs"; apt-get download -qq "${want[@]}" 2>/dev/null )
  for n in "${!into[@]}"; do dpkg -x "$P"/debs/"${n}"_*.deb "${into[$n]}"; : >"$P/debs/.done.$n"; done
fi

# 3. old dockers: only the two programs, as docker-20, dockerd-20 ..., and under their own names in $P/docker-20 ... for a PATH
for old in "${OLD_DOCKERS[@]}"; do
  read -r version suite packages <<<"$old"
  o=$P/docker-$version
  if [ ! -e "$o/.done" ]; then
    rm -rf "$o"; mkdir -p "$o/debs"
    ( cd "$o/debs"; for p in $packages; do apt-get download -qq "$p/$suite" 2>/dev/null; done )
    for deb in "$o"/debs/*.deb; do # neither has to be in all of them
      dpkg --fsys-tarfile "$deb" | tar -x -C "$o" --transform 's,.*/,,' ./usr/bin/docker ./usr/sbin/dockerd 2>/dev/null || true
    done
    rm -r "$o/debs"
    if [ -x "$o/docker" ] && [ -x "$o/dockerd" ]; then : >"$o/.done"; else echo "missing: docker of $suite"; fi
  fi
  for b in docker dockerd; do ln -sfn "$o/$b" "$P/bin/$b-$version"; done
done

# 4. wrappers
LD=$P/sysroot/usr/lib64/ld-linux-x86-64.so.2
[ -e "$LD" ] || LD=$(find "$P/sysroot" -name 'ld-linux-x86-64.so.2' | head -1)
LIBS=$P/sysroot/usr/lib/x86_64-linux-gnu:$P/sysroot/lib/x86_64-linux-gnu
native() { ln -sfn "$1" "$P/bin/$(basename "$1")"; }
wrapped() { # a copy whose ELF interpreter and library path are the private sysroot (re-exec through /proc/self/exe works too)
  local o=$P/opt/$(basename "$1")
  [ -e "$o" ] || { cp "$1" "$o.t"; patchelf --set-interpreter "$LD" --force-rpath --set-rpath "$LIBS" "$o.t"; mv "$o.t" "$o"; }
  ln -sfn "$o" "$P/bin/$(basename "$1")"
}
for b in crane oras docker-registry docker docker-buildx docker-compose dockerd containerd containerd-shim-runc-v2 umoci skopeo buildah crun runc hyperfine mmdebstrap tinyproxy microsocks; do
  f=$(find "$P/root/usr/bin" "$P/root/usr/sbin" "$P/root/usr/libexec" -name "$b" 2>/dev/null | head -1) || true
  [ -n "$f" ] || { echo "missing: $b"; continue; }
  miss=$(ldd "$f" 2>&1 | grep 'not found' || true)
  if [ -n "$miss" ]; then rm -f "$P/bin/$b"; wrapped "$f"; else native "$f"; fi
done

# docker-py is a package of the system's Python; another one may come first in a PATH
printf '#!/bin/sh\nexec /usr/bin/python3 "$@"\n' >"$P/bin/python3-docker" && chmod +x "$P/bin/python3-docker"

# 5. policy/registries files that skopeo and buildah insist on
mkdir -p /etc/containers
[ -e /etc/containers/policy.json ] || echo '{"default":[{"type":"insecureAcceptAnything"}]}' >/etc/containers/policy.json
[ -e /etc/containers/registries.conf ] || printf 'unqualified-search-registries = []\n[[registry]]\nlocation="127.0.0.1"\ninsecure=true\n' >/etc/containers/registries.conf

for b in crane skopeo oras buildah crun runc docker docker-20 dockerd-20 docker-26 dockerd-26 umoci hyperfine mmdebstrap; do
  printf '%-16s ' "$b"; case $b in crane|oras) a=version;; *) a=--version;; esac
  ("$P/bin/$b" $a 2>&1 || true) | head -1
done
printf '%-16s ' docker-registry; ("$P/bin/docker-registry" --version 2>&1 || true) | head -1
printf '%-16s ' wrk; (wrk -v 2>&1 || true) | head -1; printf '%-16s ' nginx; /usr/sbin/nginx -v 2>&1
