import type { Identity } from '../identity.ts';
import { joinLayers, type ScopeLayers } from './join-layers.ts';
import type { ComposedPrompt, PromptComposer, PromptRequest } from './prompt-composer.ts';

/** Where a user's layers come from: the global ones, those of the organisation, and the user's own, in this order. */
export interface LayerSource {
  layersFor(identity: Identity): Promise<ScopeLayers[]>;
}

/** The default composer: joins the prompt layers that stand in the table. */
export class LayeredComposer implements PromptComposer {
  private readonly source: LayerSource;

  constructor(source: LayerSource) {
    this.source = source;
  }

  async compose({ userId, orgId, variables }: PromptRequest): Promise<ComposedPrompt> {
    const identity = { userId, orgId };
    const { systemPrompt, warnings } = joinLayers(await this.source.layersFor(identity), identity, variables);
    return { systemPrompt, warnings };
  }
}
