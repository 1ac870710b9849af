export type Log = {};
