import { InvalidConfig, InvalidCredentials } from '../../lib/errors.ts';
import type { OperationParameters, Operations } from '../../lib/operations.ts';
import { type CloudStackBody, readAnswer } from './answer.ts';
import type { CloudStackClient } from './client.ts';
import { type SignatureAlgorithm, signedQuery } from './signature.ts';

/** Every command of the API, by its own name. */
export const operations: Operations<CloudStackClient> = {
  find(name) {
    if (!/^[a-z][A-Za-z0-9]{2,79}$/.test(name)) {
      throw new InvalidConfig(`"${name.slice(0, 80)}" cannot be the name of a CloudStack command`, {
        code: 'UNKNOWN_OPERATION',
        hint: 'Commands are spelled like listVirtualMachines; `listApis` gives those that you may call.',
      });
    }
    return {
      write: !reading.test(name),
      run: (client, ...rest) => tellingUnknown(name, run(name, client, ...rest), client),
    };
  },
};

/** The server's own rule for what may be sent by GET (sheet 1.4), and the readers that are named otherwise. */
const reading =
  /^(?:(?:list|get|query|find)[A-Z]|is[A-Z]|quota(?:Balance|Statement|Summary|TariffList|IsEnabled)$|readyForShutdown$)/;

/** Listings whose server does not know pages: they give everything each time. */
const unpaged = new Set(['listApis', 'listCapabilities']);

function run(
  name: string,
  client: CloudStackClient,
  parameters: OperationParameters,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  const checked = checkedParameters(name, parameters);
  if (!reading.test(name)) return answer(post(client, name, checked));
  const walked = /^(?:list|find)/.test(name) && !unpaged.has(name);
  const ownPages = 'page' in checked || 'pagesize' in checked;
  return walked && !ownPages ? walk(client, name, checked, signal) : answer(client.call(name, checked));
}

async function* walk(
  client: CloudStackClient,
  name: string,
  parameters: OperationParameters,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  for await (const { rows } of client.list(name, parameters, signal)) yield* rows;
}

/** The rows of one page, or the object: named after the thing, beside at most a count (sheet 3). */
async function* answer(asked: Promise<CloudStackBody>): AsyncGenerator<unknown> {
  const body = await asked;
  const { count: _, ...rest } = body;
  const [inner, ...others] = Object.values(rest);
  if (others.length === 0 && Array.isArray(inner)) yield* inner;
  else if (others.length === 0 && typeof inner === 'object' && inner !== null) yield inner;
  else if (Object.keys(rest).length > 0) yield rest;
}

/** A write is in the body of one POST (sheet 1.1): servers may refuse it otherwise, and no log has its values. */
async function post(
  client: CloudStackClient,
  name: string,
  parameters: OperationParameters,
): Promise<CloudStackBody> {
  const chosen = client.context.config.signature_algorithm;
  if (chosen !== 'auto') return sendOnce(client, name, parameters, chosen);
  try {
    return await sendOnce(client, name, parameters, 'sha512');
  } catch (error) {
    // A signature that was refused changed nothing: this is no second attempt.
    if (!(error instanceof InvalidCredentials)) throw error;
    return sendOnce(client, name, parameters, 'sha1');
  }
}

async function sendOnce(
  { context }: CloudStackClient,
  command: string,
  parameters: OperationParameters,
  algorithm: SignatureAlgorithm,
): Promise<CloudStackBody> {
  const { config, http, clock } = context;
  const keys = { apiKey: config.api_key.reveal(), secretKey: config.secret_key.reveal(), algorithm };
  let body: CloudStackBody = {};
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
  const form = signedQuery({ ...parameters, command }, keys, clock.wire());
  await http.send({ method: 'POST', url: config.url, headers, body: form, retry: false }, (response) => {
    const read = readAnswer(command, response, clock.wire());
    body = read.body;
    return read.verdict;
  });
  return body;
}

/** Set for every request; another `response` would not be JSON. */
const ours = /^(?:command|response|apikey|signature|signatureversion|expires)$/;

function checkedParameters(command: string, parameters: OperationParameters): OperationParameters {
  const lower = Object.entries(parameters).map(([name, value]) => [name.toLowerCase(), value] as const);
  const checked = Object.fromEntries(lower);
  const taken = lower.find(([name]) => ours.test(name))?.[0];
  if (taken !== undefined) throw refused(`${command}: the parameter ${taken} is set for every request`);
  if (Object.keys(checked).length < lower.length)
    throw refused(`${command}: a parameter is given twice (case does not count)`);
  // Servers ignore it then, and show everybody's records (sheet 2.1).
  if ('account' in checked && !('domainid' in checked) && /^list/.test(command))
    throw refused(`${command}: account works only together with domainid`);
  return checked;
}

function refused(message: string): InvalidConfig {
  return new InvalidConfig(message, {
    code: 'PARAMETER_REFUSED',
    hint: 'Correct the parameters behind the name of the operation.',
  });
}

/** A command that the server does not know is refused like unknown keys (sheet 1.5): are the keys known? */
async function* tellingUnknown(
  name: string,
  rows: AsyncIterable<unknown>,
  client: CloudStackClient,
): AsyncGenerator<unknown> {
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof InvalidCredentials) || error.code === 'CLOCK_SKEW') throw error;
    await client.release();
    throw new InvalidConfig(`${name}: the server accepts these keys, and does not know the command`, {
      code: 'UNKNOWN_OPERATION',
      hint: '`listApis` gives the commands that you may call.',
      cause: error,
    });
  }
}
