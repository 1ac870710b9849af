/** One response of a listing: its rows, still raw. */
export interface Page {
  readonly rows: readonly unknown[];
}
