/** What vite makes of imports. */
declare module '*?worker&url' {
  const url: string
  export default url
}

interface ImportMeta {
  /** Addresses by path. */
  glob(pattern: string, options: { readonly query: '?url'; readonly import: 'default'; readonly eager: true }): Record<string, string>
}
