const RFC_3339 = /^(?<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?<fraction>\d+))?(?<zone>Z|[+-]\d\d:\d\d)$/;

/** A time as Go writes it again after reading it: nine digits of a second at most and no zeros at their end; the year 1 where there is none. */
export function goTime(created: string | undefined): string {
  const parts = RFC_3339.exec(created?.toUpperCase() ?? '')?.groups;
  if (parts === undefined) return '0001-01-01T00:00:00Z';
  const { second = '', fraction = '', zone = 'Z' } = parts;
  const digits = fraction.slice(0, 9).replace(/0+$/, '');
  return `${second}${digits === '' ? '' : `.${digits}`}${/^[+-]00:00$/.test(zone) ? 'Z' : zone}`;
}
