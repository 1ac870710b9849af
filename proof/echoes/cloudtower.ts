import { provider } from '../../functions/cloudtower/index.ts';
import { brokenAnswers, type EchoSubject, echoed } from '../r17-paths.ts';

const refusals = {
  400: 'InvalidConfig',
  401: 'InvalidCredentials',
  403: 'InsufficientPermission',
  404: 'InvalidConfig',
  429: 'RateLimited',
  500: 'ProviderUnavailable',
};

/** A tower that repeats what it was sent: the password when it is given, and the token, which is the secret too. */
export const cloudTowerEchoes: EchoSubject = {
  room: provider as unknown as EchoSubject['room'],
  credentials: (url, canary) => ({ url: url.href, username: 'cmp-sync', password: canary }),
  cases: [
    ...[400, 401, 403, 404, 500].map((status) =>
      echoed(`a login refused with ${status}`, 'InvalidCredentials', (response, { body }, echo) =>
        refuse(response, status, `${body} ${echo}`),
      ),
    ),
    echoed('a login without a token', 'MalformedResponse', (response, { body }, echo) =>
      response.end(JSON.stringify({ data: { [echo]: body } })),
    ),
    ...Object.entries(refusals).map(([status, ends]) =>
      echoed(`CloudTower's error ${status}`, ends, (response, { headers, path }, echo) => {
        if (path.endsWith('/login'))
          return response.end(JSON.stringify({ data: { token: `eyJ.${'t'.repeat(40)}` } }));
        return refuse(response, Number(status), `${headers.authorization} ${echo}`);
      }),
    ),
    echoed('rows that are none', 'MalformedResponse', (response, { path }, echo) =>
      response.end(
        JSON.stringify(path.endsWith('/login') ? { data: { token: 'a-token' } } : [{ [echo]: echo }]),
      ),
    ),
    ...brokenAnswers,
  ],
};

function refuse(
  response: Parameters<EchoSubject['cases'][number]['answer']>[0],
  status: number,
  message: string,
): unknown {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
  return response.end(JSON.stringify({ message, status, path: '/', stack: message }));
}
