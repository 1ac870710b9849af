import * as z from 'zod';
import { MalformedResponse } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { parse } from '../parse.ts';
import { jsonOf } from './refusals.ts';

/** A project as Keystone lists it. A disabled one cannot be logged in to. */
export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly enabled: boolean;
}

const listing = z.looseObject({
  projects: z.array(
    z.looseObject({ id: z.string(), name: z.string(), domain_id: z.string(), enabled: z.boolean() }),
  ),
  truncated: z.boolean().optional(),
  links: z.looseObject({ next: z.string().nullish() }).optional(),
});

/**
 * Reads a listing of projects, whole or not at all: an operator can limit its length (sheet 2.5). Pure.
 * @throws MalformedResponse
 */
export function readProjects(call: string, response: HttpResponse): Project[] {
  const { projects, truncated, links } = parse(listing, jsonOf(response), call, MalformedResponse);
  if (truncated || links?.next) {
    throw new MalformedResponse(`${call}: Keystone gives only some of the projects`, {
      code: 'TRUNCATED_LISTING',
      hint: 'Name the projects in the account, or ask the operator to raise the list limit of Keystone.',
    });
  }
  return projects.map(({ id, name, domain_id: domainId, enabled }) => ({ id, name, domainId, enabled }));
}
