/** A schema of an OpenAPI 3.0 description, as far as requests and rows need it. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

export interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          { readonly requestBody?: unknown; readonly parameters?: readonly { readonly name: string }[] }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/**
 * Everything in which a value differs from a schema, each with its place. Where a vendor writes a nullable enum as
 * `allOf` beside `nullable`, null is allowed.
 */
export function differences(api: OpenApi, schema: Schema, value: unknown, at = '$'): string[] {
  if (value === null) return isNullable(api, schema) ? [] : [`${at}: null`];
  if (schema.$ref) return differences(api, resolved(api, schema.$ref), value, at);
  const inner = (schema.allOf ?? []).flatMap((one) => differences(api, one, value, at));
  const wrong =
    schema.enum && !schema.enum.includes(value) ? [`${at}: ${JSON.stringify(value)} is no such word`] : [];
  return [...inner, ...wrong, ...typed(api, schema, value, at)];
}

function typed(api: OpenApi, schema: Schema, value: unknown, at: string): string[] {
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' && !Array.isArray(value)
        ? members(api, schema, value as Record<string, unknown>, at)
        : [`${at}: no object`];
    case 'array':
      if (!Array.isArray(value)) return [`${at}: no array`];
      return value.flatMap((one, number) => differences(api, schema.items ?? {}, one, `${at}[${number}]`));
    case 'integer':
      return Number.isInteger(value) ? [] : [`${at}: no whole number`];
    case undefined:
      return [];
    default:
      return typeof value === schema.type ? [] : [`${at}: no ${schema.type}`];
  }
}

function members(api: OpenApi, schema: Schema, value: Record<string, unknown>, at: string): string[] {
  const { additionalProperties, properties = {}, required = [] } = schema;
  const missing = required.filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`);
  const wrong = Object.entries(value).flatMap(([name, inner]) => {
    const own = properties[name];
    if (own) return differences(api, own, inner, `${at}.${name}`);
    return additionalProperties === false ? [`${at}.${name}: not known`] : [];
  });
  return [...missing, ...wrong];
}

function isNullable(api: OpenApi, schema: Schema): boolean {
  if (schema.nullable) return true;
  if (schema.$ref) return isNullable(api, resolved(api, schema.$ref));
  return schema.type === undefined && !schema.allOf && !schema.enum;
}

function resolved({ components }: OpenApi, ref: string): Schema {
  return components.schemas[ref.replace('#/components/schemas/', '')] ?? {};
}

/** The schema of an operation's body. */
export function bodySchema(api: OpenApi, operation: string): Schema | undefined {
  const body = api.paths[`/${operation}`]?.post?.requestBody as
    | { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
    | undefined;
  return body?.content['application/json'].schema;
}
