import type { JsonObject } from '#oci';

/** Fields of containers that older versions show of images, with what is there when nothing is. */
const ALWAYS: JsonObject = {
  AttachStderr: false,
  AttachStdin: false,
  AttachStdout: false,
  Cmd: null,
  Domainname: '',
  Entrypoint: null,
  Env: null,
  Hostname: '',
  Image: '',
  Labels: null,
  OnBuild: null,
  OpenStdin: false,
  StdinOnce: false,
  Tty: false,
  User: '',
  Volumes: null,
  WorkingDir: '',
};

/** The config of an image as versions before 1.50 show it: keys sorted. */
export function legacyConfig(config: JsonObject): JsonObject {
  const all = Object.entries({ ...ALWAYS, ...config });
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** As Docker's own type has them: in this order, others not at all. */
const OF_CONTAINERS =
  'Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd Healthcheck ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress OnBuild Labels StopSignal StopTimeout Shell'.split(
    ' ',
  );

/** The config of the container that an image was made from, as versions before 1.45 show it. */
export function legacyContainerConfig(config: JsonObject): JsonObject {
  const all: JsonObject = { ...ALWAYS, ...config };
  return Object.fromEntries(
    OF_CONTAINERS.flatMap((key) => {
      const value = all[key];
      return value !== undefined && (key in ALWAYS || Boolean(value)) ? [[key, value]] : [];
    }),
  );
}
