import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { InvalidConfig, StateUnavailable } from '../errors.ts';

/**
 * The lines of the accounts file at an address: a path, which on Lambda is a file of the bundle, `s3://bucket/key`
 * or `ssm:NAME`.
 * @param s3Endpoint of a store in the place of AWS
 * @throws InvalidConfig when it is not there; StateUnavailable when the store does not answer
 */
export async function* accountLines(address: string, s3Endpoint?: string): AsyncGenerator<string> {
  try {
    yield* linesOf(await openSource(address, s3Endpoint));
  } catch (error) {
    const name = error instanceof Error && 'code' in error ? String(error.code) : nameOf(error);
    if (/ENOENT|EISDIR|EACCES|NotFound|NoSuch|Denied|Invalid/.test(name))
      throw new InvalidConfig(`The accounts ${address} cannot be read (${name})`, { cause: error });
    throw new StateUnavailable(`The accounts ${address} cannot be read (${name})`, {
      code: 'ACCOUNTS_UNAVAILABLE',
      hint: 'The next run tries again.',
      cause: error,
    });
  }
}

/** Line ends are taken away; what does not end with one is a line, too. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  if (rest !== '') yield rest;
}

async function openSource(address: string, s3Endpoint?: string): Promise<Readable> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(address) ?? [];
  if (bucket !== undefined && key !== undefined) {
    return (await import('../aws/s3-object.ts')).objectStream(bucket, key, s3Endpoint);
  }
  const [, parameter] = /^ssm:(.+)$/.exec(address) ?? [];
  if (parameter !== undefined) {
    return Readable.from([await (await import('../aws/ssm.ts')).parameterText(parameter)]);
  }
  return createReadStream(address, 'utf8');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
