import { isJsonObject, type JsonObject, type JsonValue } from '#oci';

/** Fields that docker shows whether they are there or not, with what it shows then. */
const ALWAYS: JsonObject = {
  Cmd: null,
  Entrypoint: null,
  Env: null,
  Labels: null,
  OnBuild: null,
  User: '',
  Volumes: null,
  WorkingDir: '',
};
/** Those that it shows where they say something. */
const SOMETIMES = ['ArgsEscaped', 'ExposedPorts', 'Healthcheck', 'Shell', 'StopSignal'] as const;

/** How a container is run, as `docker image inspect` shows it: keys sorted, and what old builders put there besides left out. */
export function runConfig(config: JsonObject): JsonObject {
  const shown: Record<string, JsonValue> = { ...ALWAYS };
  for (const key of Object.keys(ALWAYS)) shown[key] = sorted(config[key] ?? ALWAYS[key] ?? null);
  for (const key of SOMETIMES) {
    const value = config[key];
    if (value !== undefined && !isEmpty(value)) shown[key] = sorted(value);
  }
  return sorted(shown) as JsonObject;
}

function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === null || value === '' || value === false;
}

/** The keys of maps in Go's order. */
function sorted(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
