/** What a secret belongs to. One that was sealed for one MCP client opens for no other. */
export interface SecretOwner {
  sessionId: string;
  clientId: string;
}

/** Seals secrets before they reach the table, and opens them again for the same owner only. */
export interface SecretBox {
  /** Base64; at most 4,096 bytes of UTF-8 go in. */
  seal(secret: string, owner: SecretOwner): Promise<string>;
  open(sealed: string, owner: SecretOwner): Promise<string>;
}
