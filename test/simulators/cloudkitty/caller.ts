import { afterEach } from 'vitest';
import type { CloudKittyOptions, Role } from '../../../simulators/cloudkitty/options.ts';
import { type CloudKittySimulator, startCloudKitty } from '../../../simulators/cloudkitty/server.ts';

export const NOW = Date.UTC(2026, 10, 21, 12);

const open: CloudKittySimulator[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

export async function started(options: CloudKittyOptions = {}): Promise<CloudKittySimulator> {
  const cloud = await startCloudKitty({ planNow: () => NOW, wireNow: Date.now, ...options });
  open.push(cloud);
  return cloud;
}

/** An answer as text, and read. */
export interface Told {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
}

/** Asks with a token of a user for a project, as any program would. */
export async function asker(cloud: CloudKittySimulator, role: Role = 'admin', project = 'alpha') {
  const { username, password } = cloud.credentialsOf(role, project) as { username: string; password: string };
  const domain = { name: 'Default' };
  const identity = { methods: ['password'], password: { user: { name: username, domain, password } } };
  const login = await fetch(`${cloud.keystone.url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } }),
  });
  const token = login.headers.get('x-subject-token') ?? '';
  return async (path: string, method = 'GET', body?: unknown): Promise<Told> => {
    const answer = await fetch(`${cloud.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { 'x-auth-token': token, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, body: /^[{["n]/.test(text) ? JSON.parse(text) : null };
  };
}
