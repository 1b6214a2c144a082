#!/bin/bash
# Makes test images as OCI layouts under $D (default /var/tmp/dray-images): oci-busybox oci-debian oci-many oci-big,
# or those that are named: make-images.sh busybox many
# Needs setup-peers.sh first (mmdebstrap, busybox-static). Real content: a Debian minbase rootfs and real packages.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
D=${D:-/var/tmp/dray-images}; export PATH=${PEERS:-/var/tmp/peers}/bin:$PATH
mkdir -p "$D/w"; cd "$D"
[ $# -gt 0 ] || set -- busybox debian many big
todo=; for n in "$@"; do [ -s "oci-$n/index.json" ] || todo="$todo $n"; done
case $todo in *debian* | *many* | *big*)
  [ -s rootfs.tar ] || mmdebstrap --variant=minbase --mode=root bookworm rootfs.tar "$("$HERE/apt-mirror.sh")" >mmdebstrap.log 2>&1 ;;
esac
case $todo in *debian*)
  if [ ! -e w/debs.done ]; then
    mkdir -p w/debs; (cd w/debs; apt-get download -qq golang-1.26-go/sid golang-1.26-src/sid buildah/sid skopeo/sid docker-cli/sid fonts-noto-cjk/bookworm 2>/dev/null); touch w/debs.done
  fi ;;
esac
cat >w/mk.py <<'PY'
import os,sys,tarfile,io,json,hashlib,subprocess,random,shutil
D=sys.argv[1]; W=D+'/w'
def sha(p):
    h=hashlib.sha256()
    with open(p,'rb') as f:
        while b:=f.read(1<<20): h.update(b)
    return h.hexdigest()
class Img:
    def __init__(s,name):
        s.p=f'{D}/oci-{name}'; shutil.rmtree(s.p,ignore_errors=True); os.makedirs(s.p+'/blobs/sha256'); s.layers=[]; s.diff=[]; s.name=name
    def put(s,b):
        d=hashlib.sha256(b).hexdigest(); open(f'{s.p}/blobs/sha256/{d}','wb').write(b); return {'digest':'sha256:'+d,'size':len(b)}
    def layer(s,tar):
        s.diff.append('sha256:'+sha(tar)); gz=s.p+'/l.gz'
        with open(gz,'wb') as o: subprocess.check_call(['gzip','-n','-6','-c',tar],stdout=o)
        d=sha(gz); n=os.path.getsize(gz); os.rename(gz,f'{s.p}/blobs/sha256/{d}')
        s.layers.append({'mediaType':'application/vnd.oci.image.layer.v1.tar+gzip','digest':'sha256:'+d,'size':n})
        print(f'{s.name} layer {len(s.layers)}: tar {os.path.getsize(tar)/1e6:.1f} MB, gz {n/1e6:.1f} MB',flush=True)
    def done(s):
        cfg={'architecture':'amd64','os':'linux','created':'2026-01-01T00:00:00Z','config':{'Cmd':['/bin/sh'],'Env':['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']},
             'rootfs':{'type':'layers','diff_ids':s.diff},'history':[{'created':'2026-01-01T00:00:00Z','created_by':f'layer {i}'} for i in range(len(s.diff))]}
        c=s.put(json.dumps(cfg).encode()); c['mediaType']='application/vnd.oci.image.config.v1+json'
        m=s.put(json.dumps({'schemaVersion':2,'mediaType':'application/vnd.oci.image.manifest.v1+json','config':c,'layers':s.layers}).encode())
        m['mediaType']='application/vnd.oci.image.manifest.v1+json'; m['annotations']={'org.opencontainers.image.ref.name':'latest'}
        open(s.p+'/oci-layout','w').write('{"imageLayoutVersion":"1.0.0"}')
        open(s.p+'/index.json','w').write(json.dumps({'schemaVersion':2,'manifests':[m]}))
def tree_tar(root,out):
    subprocess.check_call(['tar','--sort=name','--mtime=@1700000000','--owner=0','--group=0','--numeric-owner','-C',root,'-cf',out,'.'])
def deb(*pats):
    import glob
    r=W+'/x'; shutil.rmtree(r,ignore_errors=True); os.makedirs(r)
    for p in pats:
        for f in glob.glob(f'{W}/debs/{p}_*.deb'): subprocess.check_call(['dpkg','-x',f,r])
    t=W+'/x.tar'; tree_tar(r,t); return t
def only(files,out):
    with tarfile.open(out,'w') as t:
        for n,b in files:
            i=tarfile.TarInfo(n); i.size=len(b); i.mode=0o755; i.mtime=1700000000; t.addfile(i,io.BytesIO(b))
    return out
rnd=random.Random(7)
want=sys.argv[2:]
if 'busybox' in want:
    i=Img('busybox'); i.layer(only([('bin/busybox',open('/bin/busybox','rb').read())],W+'/b.tar')); i.done()
if 'debian' in want:
    i=Img('debian'); i.layer(D+'/rootfs.tar'); i.layer(deb('golang-1.26-go')); i.layer(deb('golang-1.26-src')); i.layer(deb('buildah','skopeo','docker-cli'))
    i.layer(only([('usr/bin/node',open('/usr/bin/node','rb').read())],W+'/b.tar')); i.layer(deb('fonts-noto-cjk')); i.layer(only([('opt/rand.bin',rnd.randbytes(10<<20))],W+'/b.tar')); i.done()
if 'many' in want:
    i=Img('many'); src=open(D+'/rootfs.tar','rb')
    for k in range(40):
        src.seek(k*3_000_000); i.layer(only([(f'opt/f{k}/{j}',src.read(75_000)) for j in range(40)],W+'/b.tar'))
    i.done()
if 'big' in want:
    i=Img('big'); src=open(D+'/rootfs.tar','rb'); 
    for k in range(6):
        fs=[]
        for j in range(13): src.seek((k*13+j)*2_000_000); fs.append((f'opt/b{k}/t{j}',src.read(8_000_000)))   # ~104 MB of real files
        for j in range(19): fs.append((f'opt/b{k}/r{j}',rnd.randbytes(8_000_000)))                             # ~152 MB incompressible
        i.layer(only(fs,W+'/b.tar'))
    i.done()
PY
[ -z "$todo" ] || python3 w/mk.py "$D" $todo
rm -rf w/x w/*.tar; du -sh oci-*
