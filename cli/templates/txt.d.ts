/** A template is bundled as its text, so that an installed command needs no file beside it. */
declare module '*.txt' {
  const text: string;
  export default text;
}
