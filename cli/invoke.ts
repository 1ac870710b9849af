import { readFileSync } from 'node:fs';
import { destinationFrom } from '../lib/destination.ts';
import { InvalidConfig, InvalidEvent, toWireError } from '../lib/errors.ts';
import { answerCredentials, answerStream, streamHandlers } from '../lib/handler.ts';
import { recordTo, replayFrom } from '../lib/recording.ts';
import { exitCode } from './exit.ts';
import { commandPlatform } from './platform.ts';
import { loadProvider } from './providers.ts';

export interface InvokeOptions {
  readonly event: string;
  readonly now?: string;
  readonly mapping?: string;
  readonly record?: string;
  readonly replay?: string;
  readonly debug?: boolean;
}

/** Runs one handler as the platform would; prints one JSON object `{value, logs, error}` and nothing else. */
export async function invoke(target: string, options: InvokeOptions): Promise<number> {
  const [name = '', handler = ''] = target.split('.');
  const room = await loadProvider(name);
  const logs: unknown[] = [];
  const platform = {
    ...commandPlatform({ now: options.now, write: (line) => logs.push(JSON.parse(line)), level: 'info' }),
    ...listening(target, options),
  };
  const run = chooseHandler(handler, room, options, platform);
  const event = readEvent(options.event);
  const print = (outcome: { value: unknown; error: unknown }) =>
    process.stdout.write(`${JSON.stringify({ value: outcome.value, logs, error: outcome.error })}\n`);
  try {
    print({ value: await run(event), error: null });
    return exitCode.ok;
  } catch (error) {
    print({ value: null, error: toWireError(error, options.debug) });
    return exitCode.failed;
  }
}

/** `--record` listens to the network, `--replay` stands in for it. */
function listening(target: string, { record, replay }: InvokeOptions) {
  const recording = { name: target, title: `invoke ${target}` };
  return {
    ...(record === undefined ? {} : { recorder: recordTo(record, recording) }),
    ...(replay === undefined ? {} : { transport: replayFrom(replay) }),
  };
}

function chooseHandler(
  handler: string,
  { provider, mapping }: Awaited<ReturnType<typeof loadProvider>>,
  options: InvokeOptions,
  platform: ReturnType<typeof commandPlatform>,
): (event: unknown) => Promise<unknown> {
  const fromEnvironment = destinationFrom(process.env);
  const destination = { ...fromEnvironment, mapping: options.mapping ?? fromEnvironment.mapping };
  const name = handler.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  if (name === 'validateCredentials')
    return (event) => answerCredentials(provider, event, platform, destination);
  const stream = Object.hasOwn(streamHandlers, name)
    ? streamHandlers[name as keyof typeof streamHandlers]
    : null;
  if (stream !== null && provider.streams[stream] !== undefined) {
    return (event) => answerStream(provider, stream, mapping, event, platform, destination);
  }
  const known = Object.entries(streamHandlers).flatMap(([key, value]) =>
    provider.streams[value] ? [key] : [],
  );
  throw new InvalidConfig(
    `${provider.name} has no handler "${handler}"; it has ${[...known, 'validateCredentials'].join(', ')}`,
  );
}

/** `-` is standard input; text that begins like JSON is JSON; anything else is a file. */
function readEvent(source: string): unknown {
  const text = /^\s*[{[]/.test(source) ? source : readSource(source);
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidEvent('event: expected JSON');
  }
}

function readSource(source: string): string {
  try {
    return readFileSync(source === '-' ? 0 : source, 'utf8');
  } catch (error) {
    throw new InvalidConfig(`--event: ${source} cannot be read`, { cause: error });
  }
}
