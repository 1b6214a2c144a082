#!/bin/bash
# Makes oci-one, an image of one 190 MB layer, from the first layer of oci-big; for the bench on a link that is limited per connection.
set -euo pipefail
D=${D:-/var/tmp/dray-images}
[ -s "$D/oci-one/index.json" ] && exit
mkdir -p "$D/oci-one/blobs/sha256"
python3 - "$D" <<'PY'
import hashlib, json, os, sys
D = sys.argv[1]; big = D + '/oci-big'; one = D + '/oci-one'
read = lambda d: json.load(open(f"{big}/blobs/sha256/{d['digest'][7:]}"))
manifest = read(json.load(open(big + '/index.json'))['manifests'][0])
config = read(manifest['config'])
def put(document, like):
    data = json.dumps(document).encode(); digest = hashlib.sha256(data).hexdigest()
    open(f'{one}/blobs/sha256/{digest}', 'wb').write(data)
    return {'mediaType': like, 'digest': 'sha256:' + digest, 'size': len(data)}
layer = manifest['layers'][0]
target = f"{one}/blobs/sha256/{layer['digest'][7:]}"
if not os.path.exists(target): os.link(f"{big}/blobs/sha256/{layer['digest'][7:]}", target)
config['rootfs']['diff_ids'] = config['rootfs']['diff_ids'][:1]; config['history'] = config['history'][:1]
manifest['config'] = put(config, manifest['config']['mediaType']); manifest['layers'] = [layer]
root = put(manifest, manifest['mediaType'])
open(one + '/oci-layout', 'w').write('{"imageLayoutVersion":"1.0.0"}')
open(one + '/index.json', 'w').write(json.dumps({'schemaVersion': 2, 'manifests': [root]}))
PY
