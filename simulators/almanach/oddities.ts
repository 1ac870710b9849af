import { DAY, HOUR, MINUTE, type Millis, SECOND } from '../../lib/time.ts';
import { uuidOf } from '../seeded.ts';
import * as events from './events.ts';
import type { Event } from './history.ts';
import { newInstance } from './instance-lives.ts';
import type { Row } from './row.ts';
import type { Table } from './table.ts';
import { newVolume } from './volume-lives.ts';
import type { Project, World } from './world.ts';

/**
 * What a real server was seen to hold and a careful client must stand (sheet 5), once in every project, in the
 * first ten days of its history.
 * @param next where the server that moves goes; null in the last project
 */
export function oddEvents(world: World, project: Project, next: Project | null): Event[] {
  const day = (number: number) => Math.ceil(world.since / HOUR) * HOUR + number * DAY;
  const id = (name: string) => uuidOf(world.seed, 'odd', project.name, name);
  const named = (name: string) => ({ id: id(name), project: project.id, name });
  const server = (name: string, at: Millis, flavor: string | null = 'm1.small') =>
    newInstance(world, { ...named(name), flavor }, at);
  const volume = (name: string, at: Millis, size: unknown, attachedTo?: unknown) =>
    newVolume(named(name), { volumeType: 'solidfire0', size, attachedTo }, at);
  return [
    created(server('dup-same-date', day(1))),
    created(server('dup-same-date', day(1))),
    created(server('dup-later', day(1))),
    created(server('dup-later', day(2), 'm1.large')),
    then(day(4), (table, at) => events.resizeInstance(table, id('dup-later'), 'm1.tiny', at, at)),
    created(server('swallowed', day(3))),
    { at: day(3) + MINUTE, apply: (table) => events.create(table, server('swallowed', day(2))) },
    created(server('no-flavor', day(2), null)),
    ...spanned(server('one-hour', day(3)), day(3) + HOUR),
    ...spanned(server('zero-length', day(4)), day(4)),
    created(server('end-before-start', day(5) + 12 * HOUR)),
    then(day(5) + 12 * HOUR + MINUTE, (table, at) =>
      events.close(table, id('end-before-start'), day(5) + 6 * HOUR, at),
    ),
    created(server('resized-before-start', day(6))),
    then(day(6) + MINUTE, (table, at) =>
      events.resizeInstance(table, id('resized-before-start'), 'm1.large', day(6) - 5 * MINUTE, at),
    ),
    ...spanned(server('moved', day(2) + 1), day(7) + 12 * HOUR),
    ...(next === null ? [] : [created({ ...server('moved', day(7) + 12 * HOUR), project: next.id })]),
    ...legacy(world, project, day(0) + 6 * HOUR + 123),
    created(volume('size-text', day(1) + HOUR, '20')),
    created(volume('size-float', day(1) + HOUR, 1.5)),
    created(volume('attached-text', day(2), 9, id('one-hour'))),
    created(volume('attached-nothing', day(2), 9, '')),
    created({ ...volume('no-type', day(2), 8), volumeType: null }),
    created(volume('same-size', day(3), 10)),
    then(day(5), (table, at) => events.resizeVolume(table, id('same-size'), 10, at, at)),
    created(volume('vanishing', day(3), 5)),
    then(day(6), (table, at) => events.resizeVolume(table, id('vanishing'), 6, at, at)),
    then(day(6) + 30 * SECOND, (table, at) => events.deleteVolume(table, id('vanishing'), at, at)),
    created(volume('attached-quickly', day(4), 5)),
    then(day(4) + 30 * SECOND, (table, at) =>
      events.attach(table, id('attached-quickly'), [id('no-flavor')], at, at),
    ),
  ];
}

/** Rows that a release before 4.1.0 wrote: no `processed`, no type of the image, an attachment as text. */
function legacy({ seed }: World, project: Project, start: Millis): Event[] {
  const [server, disk] = ['legacy-server', 'legacy-disk'].map((name) => ({
    id: uuidOf(seed, 'odd', project.name, name),
    name,
  }));
  const common = { project: project.id, start, end: null, lastEvent: start, processed: null };
  const end = start + 9 * DAY;
  const rows: Row[] = [
    {
      ...{ type: 'instance', id: server?.id ?? '', name: server?.name, ...common, flavor: 'm1.tiny' },
      ...{ meta: { distro: 'ubuntu', version: '14.04' }, metadata: { 'billing^code': 'x^1' } },
    },
    {
      ...{ type: 'volume', id: disk?.id ?? '', name: disk?.name, ...common },
      ...{ volumeType: 'lvm', size: 7, attachedTo: server?.id },
    },
  ];
  return [
    ...rows.map((row) => ({ at: start, apply: (table: Table) => table.insert(row) })),
    then(end, (table) => {
      const open = table.open(disk?.id ?? '');
      if (open) table.replace(open, { ...open, end, lastEvent: end });
    }),
  ];
}

function created(row: Row): Event {
  return { at: row.start, apply: (table) => events.create(table, row) };
}

function spanned(row: Row, end: Millis): Event[] {
  return [created(row), then(end, (table, at) => events.close(table, row.id, at, at))];
}

function then(at: Millis, apply: (table: Table, at: Millis) => void): Event {
  return { at, apply: (table) => apply(table, at) };
}
