import { InvalidConfig } from '../../lib/errors.ts';
import type { Context } from '../../lib/provider.ts';
import type { AlmanachConfig } from './types.ts';

/** What is sent as `X-Auth-Token`. */
export type Token =
  | { readonly kind: 'private' | 'keystone'; readonly value: string }
  | { readonly kind: 'none' };

/** Where the server is, what opens it, and whose usage to read. */
export interface Access {
  url(): Promise<URL>;
  withToken<Result>(work: (token: Token) => Promise<Result>): Promise<Result>;
  projects(): Promise<readonly string[]>;
}

export function accessOf({ config }: Context<AlmanachConfig>): Access {
  const { project_ids, token, url } = config;
  return {
    async url() {
      if (url) return url;
      throw new InvalidConfig('credentials.url: is missing');
    },
    async withToken(work) {
      if (token) return work({ kind: 'private', value: token.reveal() });
      throw new InvalidConfig('credentials.token: is missing');
    },
    async projects() {
      if (project_ids) return [...new Set(project_ids)];
      throw new InvalidConfig('credentials.project_ids: is missing, and Almanach cannot list projects', {
        hint: 'Name the ids of the projects whose usage is to be read.',
      });
    },
  };
}
