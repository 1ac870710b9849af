import { provider } from '../../functions/cloudstack/index.ts';
import { brokenAnswers, type EchoSubject, echoed } from '../r17-paths.ts';

const errors = {
  400: 'InvalidConfig',
  401: 'InvalidCredentials',
  403: 'MalformedResponse',
  429: 'RateLimited',
  431: 'InvalidConfig',
  432: 'InsufficientPermission',
  500: 'ProviderUnavailable',
  530: 'ProviderUnavailable',
};

export const cloudStackEchoes: EchoSubject = {
  room: provider,
  credentials: (url, canary) => ({ url: url.href, api_key: canary, secret_key: canary }),
  cases: [
    ...Object.entries(errors).map(([status, ends]) =>
      echoed(`CloudStack's error ${status}`, ends, (response, _, echo) => {
        const errortext = `${echo} while [50] ms`;
        response.writeHead(Number(status), { 'x-echo': encodeURI(echo) });
        response.end(JSON.stringify({ errorresponse: { errorcode: Number(status), errortext } }));
      }),
    ),
    ...brokenAnswers,
    echoed('an unexpected object', 'report', (response, _, echo) =>
      response.end(JSON.stringify({ a: { [echo]: echo } })),
    ),
  ],
};
