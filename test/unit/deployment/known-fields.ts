import * as client from '@kubernetes/client-node';

interface Field {
  baseName: string;
  type: string;
}
const MODELS = client as unknown as Record<string, { attributeTypeMap?: Field[] } | undefined>;

/** What a manifest has that Kubernetes 1.34 (the version that the client library is made of) does not know, each with its path; an object of another kind than its fields say, too. */
export function unknownFields(manifest: { kind?: string }): string[] {
  return mismatches(manifest, `V1${manifest.kind}`, '');
}

function mismatches(value: unknown, type: string, path: string): string[] {
  const [, item] = /^Array<(.*)>$/.exec(type) ?? [];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} has to be a list`];
    return value.flatMap((one, index) => mismatches(one, item, `${path}/${index}`));
  }
  const [, entry] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
  if (entry !== undefined) {
    if (!isObject(value)) return [`${path} has to be an object`];
    return Object.entries(value).flatMap(([key, one]) => mismatches(one, entry, `${path}/${key}`));
  }
  if (type === 'any') return [];
  if (type === 'IntOrString') return ['number', 'string'].includes(typeof value) ? [] : [`${path} has to be ${type}`];
  const fields = MODELS[type]?.attributeTypeMap;
  if (fields === undefined) return typeof value === type ? [] : [`${path} has to be a ${type}`];
  if (!isObject(value)) return [`${path} has to be a ${type}`];
  return Object.entries(value).flatMap(([key, one]) => {
    const field = fields.find(({ baseName }) => baseName === key);
    return field ? mismatches(one, field.type, `${path}/${key}`) : [`${path}/${key} is not a field of ${type}`];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
