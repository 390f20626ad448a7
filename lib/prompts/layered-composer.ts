import type { Identity } from '../identity.ts';
import { joinLayers, type ScopeLayers } from './join-layers.ts';
import type { ComposedPrompt, PromptComposer, PromptRequest } from './prompt-composer.ts';

/** Where a user's layers come from: the global ones, those of the organisation, and the user's own, in this order. */
export interface LayerSource {
  layersFor(identity: Identity): ScopeLayers[] | Promise<ScopeLayers[]>;
}

/** The default composer: joins the prompt layers that stand in the table. */
export class LayeredComposer implements PromptComposer {
  private readonly source: LayerSource;

  constructor(source: LayerSource) {
    this.source = source;
  }

  /** At once, if the source has the layers at hand. */
  compose({ userId, orgId, variables }: PromptRequest): ComposedPrompt | Promise<ComposedPrompt> {
    const identity = { userId, orgId };
    const layers = this.source.layersFor(identity);
    const join = (scopes: ScopeLayers[]): ComposedPrompt => {
      const { systemPrompt, warnings } = joinLayers(scopes, identity, variables);
      return { systemPrompt, warnings };
    };
    return Array.isArray(layers) ? join(layers) : layers.then(join);
  }
}
