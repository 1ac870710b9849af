import { type Answer, type Asked, callerOf, catalogOf, header, type Identity } from './asked.ts';
import { forbidden, refuse } from './refusal.ts';
import { listing, projectBody } from './token-body.ts';
import { type Project, rolesIn, type Scope } from './world.ts';

export function ownProjects(identity: Identity, asked: Asked): Answer {
  // Also for an application credential, which can enter only one of them: seen on a real server.
  const { user } = callerOf(identity, header(asked, 'x-auth-token'));
  const rows = identity.world.projects.filter(
    (one) => rolesIn(user.grants, { kind: 'project', project: one }).length > 0,
  );
  return projectsAnswer(rows, asked);
}

export function ownDomains(identity: Identity, asked: Asked): Answer {
  const { user } = callerOf(identity, header(asked, 'x-auth-token'));
  const rows = identity.world.domains.filter(
    (domain) => rolesIn(user.grants, { kind: 'domain', domain }).length > 0,
  );
  const bodies = rows.map((domain) => ({ ...domain, description: '', enabled: true, tags: [], options: {} }));
  return { status: 200, body: listing('domains', bodies, asked.origin, pathOf(asked)) };
}

/** Administrators and system readers see all projects, domain readers those of their domain (sheet 2.5). */
export function projects(identity: Identity, asked: Asked): Answer {
  const { scope, roles } = callerOf(identity, header(asked, 'x-auth-token'));
  const all = roles.includes('admin') || (scope.kind === 'system' && roles.includes('reader'));
  if (!all && scope.kind !== 'domain') throw forbidden('identity:list_projects');
  const query = asked.url.searchParams;
  const rows = identity.world.projects.filter(
    ({ domain, enabled, name }) =>
      (all || (scope.kind === 'domain' && scope.domain === domain)) &&
      (query.get('domain_id') ?? domain.id) === domain.id &&
      (query.get('name') ?? name) === name &&
      (query.get('enabled') ?? String(enabled)) === String(enabled),
  );
  return projectsAnswer(rows, asked);
}

function projectsAnswer(rows: readonly Project[], asked: Asked): Answer {
  const sorted = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const bodies = sorted.map((one) => projectBody(one, asked.origin));
  return { status: 200, body: listing('projects', bodies, asked.origin, pathOf(asked)) };
}

export function project(identity: Identity, asked: Asked, id: string): Answer {
  const { scope, roles } = callerOf(identity, header(asked, 'x-auth-token'));
  const own = scope.kind === 'project' && scope.project.id === id;
  const found = identity.world.projects.find((one) => one.id === id);
  if (!own && !roles.includes('admin') && scope.kind !== 'system') {
    throw found ? forbidden('identity:get_project') : refuse(404, `Could not find project: ${id}.`);
  }
  if (found === undefined) throw refuse(404, `Could not find project: ${id}.`);
  return { status: 200, body: { project: projectBody(found, asked.origin) } };
}

export function regions(identity: Identity, asked: Asked): Answer {
  const { scope } = callerOf(identity, header(asked, 'x-auth-token'));
  const found = catalogOf(identity, asked, scope).flatMap(({ endpoints: all }) =>
    all.map(({ region }) => region),
  );
  const rows = [...new Set(found)].map((id) => ({
    id,
    description: '',
    parent_region_id: null,
    links: { self: `${asked.origin}/v3/regions/${id}` },
  }));
  return { status: 200, body: listing('regions', rows, asked.origin, pathOf(asked)) };
}

export function services(identity: Identity, asked: Asked): Answer {
  const scope = operator(identity, asked, 'identity:list_services');
  const wanted = asked.url.searchParams.get('type');
  const rows = catalogOf(identity, asked, scope)
    .filter(({ type }) => (wanted ?? type) === type)
    .map(({ id, name, type }) => ({
      name,
      description: '',
      id,
      type,
      enabled: true,
      links: { self: `${asked.origin}/v3/services/${id}` },
    }));
  return { status: 200, body: listing('services', rows, asked.origin, pathOf(asked)) };
}

export function endpoints(identity: Identity, asked: Asked): Answer {
  const scope = operator(identity, asked, 'identity:list_endpoints');
  const query = asked.url.searchParams;
  const rows = catalogOf(identity, asked, scope).flatMap((service) =>
    service.endpoints
      .filter(({ region }) => (query.get('region_id') ?? region) === region)
      .filter(() => (query.get('service_id') ?? service.id) === service.id)
      .map(({ id, ...rest }) => ({
        id,
        ...rest,
        service_id: service.id,
        enabled: true,
        links: { self: `${asked.origin}/v3/endpoints/${id}` },
      })),
  );
  return { status: 200, body: listing('endpoints', rows, asked.origin, pathOf(asked)) };
}

/** @throws Refusal 403 for all but administrators and system readers */
function operator(identity: Identity, asked: Asked, action: string): Scope {
  const { scope, roles } = callerOf(identity, header(asked, 'x-auth-token'));
  if (!roles.includes('admin') && scope.kind !== 'system') throw forbidden(action);
  return scope;
}

function pathOf({ url }: Asked): string {
  return `${url.pathname}${url.search}`;
}
