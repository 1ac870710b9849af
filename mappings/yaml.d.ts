/** A mapping file is bundled as its text, so that a deployed function needs no file beside it. */
declare module '*.yaml' {
  const text: string;
  export default text;
}
