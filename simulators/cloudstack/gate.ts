import { MINUTE, type Millis } from '../../lib/time.ts';
import type { Cloud } from './cloud.ts';
import { type Command, type Commands, isPermitted } from './commands.ts';
import { notPermitted, Refusal, refusedParameter, unauthorised } from './refusal.ts';
import { ignoringCase, isExpired, isSignedBy, type Parameters } from './signature.ts';
import type { Throttle } from './throttle.ts';

/** The server's own clock, which may go wrong. */
export function wireClock({ settings, faults }: Cloud): Millis {
  return settings.wireNow() + (faults.has('clock-skew') ? 20 * MINUTE : 0);
}

/**
 * Lets a call pass in the server's order of checks, which decides which error is seen (sheet 1.5): a forbidden
 * command and an exhausted limit show even with a wrong secret.
 * @throws Refusal
 */
export function admit(cloud: Cloud, all: Commands, throttle: Throttle, parameters: Parameters): Command {
  const name = parameters.command;
  if (name === undefined)
    throw new Refusal(400, 'Invalid request, no command sent', { unknownCommand: true });
  const command = Object.hasOwn(all, name) ? all[name] : undefined;
  if (command === undefined) throw unauthorised(true);
  const apiKey = ignoringCase(parameters, 'apikey');
  if (!apiKey || !ignoringCase(parameters, 'signature')) throw unauthorised();
  if (isExpired(parameters, wireClock(cloud))) throw unauthorised();
  if (apiKey !== cloud.apiKey) throw unauthorised();
  if (!isPermitted(cloud, name, command)) throw notPermitted(name);
  throttle.count(cloud);
  if (!isSignedBy(parameters, cloud.secretKey, cloud.settings.hmac)) throw unauthorised();
  refuseControlCharacters(parameters);
  return command;
}

function refuseControlCharacters(parameters: Parameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (!/[\u0000-\u001f\u007f]/.test(value)) continue;
    throw refusedParameter(
      `Received value for parameter ${name} contains illegal ASCII non-printable characters`,
    );
  }
}
