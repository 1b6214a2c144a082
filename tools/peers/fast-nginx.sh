#!/bin/bash
# A static read-only registry from the OCI layouts of make-images.sh, served by nginx with sendfile: start|stop. Ports 48080 and, TLS, 48443.
# RATE=10m limits every connection to 10 MB/s (to show what parallel ranges gain).
set -euo pipefail
D=${D:-/var/tmp/dray-images} R=${R:-/var/tmp/dray-bench}/nginx; mkdir -p "$R"
case ${1:-start} in
stop) [ -e "$R/pid" ] && kill "$(cat "$R/pid")" || true; exit;;
esac
[ -e "$R/k.pem" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout "$R/k.pem" -out "$R/c.pem" 2>/dev/null
{
cat <<X
worker_processes ${W:-2}; pid $R/pid; error_log $R/err.log; daemon on; user root;
events { worker_connections 1024; }
http { ${RATE:+limit_rate $RATE;} access_log off; sendfile on; sendfile_max_chunk 2m; tcp_nopush on; keepalive_requests 1000000; types {} default_type application/octet-stream;
 client_body_temp_path $R/b; proxy_temp_path $R/p; fastcgi_temp_path $R/f; uwsgi_temp_path $R/u; scgi_temp_path $R/s;
 ssl_certificate $R/c.pem; ssl_certificate_key $R/k.pem; ssl_protocols TLSv1.3;
 server { listen 127.0.0.1:48080; listen 127.0.0.1:48443 ssl;
  location = /v2/ { default_type application/json; return 200 '{}'; }
  location ~ ^/v2/(\w+)/blobs/sha256:([0-9a-f]+)\$ { alias $D/oci-\$1/blobs/sha256/\$2; }
  location /raw/ { alias $D/raw/; }
X
for n in busybox debian many big one; do
  [ -s "$D/oci-$n/index.json" ] || continue
  d=$(jq -r '.manifests[0].digest' "$D/oci-$n/index.json")
  echo "  location ~ ^/v2/$n/manifests/(latest|$d)\$ { default_type application/vnd.oci.image.manifest.v1+json; add_header Docker-Content-Digest $d; alias $D/oci-$n/blobs/sha256/${d#sha256:}; }"
done
echo ' } }'
} >"$R/nginx.conf"
[ -e "$R/pid" ] && kill -0 "$(cat "$R/pid")" 2>/dev/null && { /usr/sbin/nginx -c "$R/nginx.conf" -s reload; exit; }
/usr/sbin/nginx -c "$R/nginx.conf"
