# Everything that docker-py does with images, against the engine of DOCKER_HOST. Prints what it found as JSON.
#
#     python3 use-docker-py.py HOST:PORT/NAME:TAG HOST:PORT/OTHER
import json
import sys
import time

import docker

reference, target = sys.argv[1:3]
client = docker.from_env()
images = client.images


def failure(call, *args, **named):
    try:
        call(*args, **named)
    except docker.errors.DockerException as error:
        answer = getattr(error, 'response', None)
        status = None if answer is None else answer.status_code
        return [type(error).__name__, status, getattr(error, 'explanation', None) or str(error)]
    return None


since = time.time()
found = {'ping': client.ping(), 'version': client.version()['ApiVersion'], 'os': client.info()['OSType']}
found['lines'] = [line.get('status') for line in client.api.pull(reference, stream=True, decode=True)]
image = images.pull(reference)
found['image'] = [image.id, image.short_id, image.tags, image.labels]
found['registry'] = images.get_registry_data(reference).id
found['history'] = [step['Id'] for step in image.history()]
found['tagged'] = image.tag(target, tag='new')
found['pushed'] = [line for line in images.push(target, tag='new', stream=True, decode=True)]
found['login'] = client.login('me', 'secret', registry=target.split('/')[0])['Status']
found['listed'] = [sorted(listed.tags) for listed in images.list(name=target)]
found['dangling'] = images.list(filters={'dangling': True, 'label': ['a', 'b=c']})
archive = b''.join(images.get(f'{target}:new').save(named=True))
found['df'] = len(client.df()['Images'])
images.remove(image.id, force=True)
found['left'] = images.list(all=True)
found['loaded'] = [loaded.tags for loaded in images.load(archive)]
found['imported'] = len(json.loads(client.api.import_image_from_data(b'\0' * 1024, repository='imported', tag='1'))['status'])
found['pruned'] = len(images.prune(filters={'dangling': False})['ImagesDeleted'])
found['events'] = [event['status'] for event in client.events(since=since, until=time.time() + 1, decode=True)]
found['containers'] = client.containers.list(all=True)
kept = images.load(archive)[0].id
found['failures'] = {
    'absent': failure(images.get, 'nosuch'),
    'remove': failure(images.remove, 'nosuch'),
    'pull': failure(images.pull, f'{target}:nosuch'),
    'name': failure(images.pull, 'UPPER'),
    'load': failure(images.load, b'garbage'),
    'filter': failure(images.list, filters={'nosuch': True}),
    'run': failure(client.containers.create, kept, 'true'),
}
found['versions'] = [docker.from_env(version=version).version()['ApiVersion'] for version in ('1.24', '1.41', 'auto')]
print(json.dumps(found, default=str))
