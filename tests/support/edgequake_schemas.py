"""The published shapes of EdgeQuake's requests and replies in short, and whether a value has one of them.

Where the description of the API has none, as for contexts, it is the one of the server's own code.
"""

from typing import Any

# The server's schemas in short: `name:type`, `name?` may be absent or null; s string, i integer, n number,
# b boolean, o object, m object of strings, any; [x] is a list of x; =x is the string x.
SCHEMAS = """
Problem: code:s, message:s, details?:any, type?:s, title?:s, status?:i
Unauthorized: error:s, message:s
UserInfo: user_id:s, username:s, email:s, role:s, is_active:b, created_at:s, updated_at:s, last_login_at?:s,
    is_anonymous?:b
LoginResponse: access_token:s, token_type:s, expires_in:i, refresh_token:s, user:UserInfo
RefreshTokenResponse: access_token:s, token_type:s, expires_in:i
GetMeResponse: user:UserInfo
CreateUserResponse: user:UserInfo, created_at:s
UpdateUserResponse: user:UserInfo, updated_at:s
ListUsersResponse: users:[UserInfo], total:i, page:i, page_size:i, total_pages:i
CreateApiKeyResponse: key_id:s, api_key:s, prefix:s, scopes:[s], expires_at?:s, created_at:s
ApiKeySummary: key_id:s, prefix:s, name?:s, scopes:[s], is_active:b, last_used_at?:s, expires_at?:s, created_at:s
ListApiKeysResponse: keys:[ApiKeySummary], total:i, page:i, page_size:i, total_pages:i
RevokeApiKeyResponse: key_id:s, message:s
SourceReference: source_type:s, id:s, score:n, rerank_score?:n, snippet?:s, reference_id?:i, document_id?:s,
    file_path?:s, start_line?:i, end_line?:i, chunk_index?:i, entity_type?:s, degree?:i, source_chunk_ids?:[s],
    page_start?:i, page_end?:i
QueryStats: embedding_time_ms:i, retrieval_time_ms:i, generation_time_ms:i, total_time_ms:i, sources_retrieved:i,
    rerank_time_ms?:i, tokens_used?:i, tokens_per_second?:n, llm_provider?:s, llm_model?:s
ChatCompletionResponse: conversation_id:s, user_message_id:s, assistant_message_id:s, content:s, mode:s,
    sources:[SourceReference], stats:QueryStats, tokens_used:i, duration_ms:i, llm_provider?:s, llm_model?:s
ConversationEvent: type:=conversation, conversation_id:s, user_message_id:s
ChatContextEvent: type:=context, sources:[SourceReference]
ChatDoneEvent: type:=done, assistant_message_id:s, tokens_used:i, duration_ms:i, llm_provider?:s, llm_model?:s
TitleUpdateEvent: type:=title_update, conversation_id:s, title:s
EntityLineage: source_chunk_ids?:[s], source_document_id?:s, source_file_path?:s
RelationshipLineage: source_chunk_id?:s, source_document_id?:s, source_file_path?:s
ContextEntity: id:s, name:s, entity_type:s, description:s, score:n, degree:i, lineage?:EntityLineage
ContextRelationship: id:s, source:s, target:s, relation_type:s, description:s, score:n, lineage?:RelationshipLineage
SubgraphBundle: entities:[ContextEntity], relationships:[ContextRelationship]
ContextSearchResult: retrieval_id:s, title:s, snippet:s, url:s, score:n, metadata?:any
ContextSearchResponse: results:[ContextSearchResult]
QueryResponse: answer:s, mode:s, sources:[SourceReference], stats:QueryStats, conversation_id?:s, reranked?:b,
    subgraph?:SubgraphBundle
QueryStreamStats: embedding_time_ms:i, retrieval_time_ms:i, generation_time_ms:i, total_time_ms:i, sources_retrieved:i,
    tokens_used:i, query_mode:s, tokens_per_second?:n
ContextEvent: type:=context, sources:[SourceReference], query_mode:s, retrieval_time_ms:i, bundle?:any,
    subgraph?:SubgraphBundle
TokenEvent: type:=token, content:s
ThinkingEvent: type:=thinking, content:s
DoneEvent: type:=done, stats:QueryStreamStats, llm_provider?:s, llm_model?:s
ErrorEvent: type:=error, message:s, code:s
DocumentCostInfo: total_cost_usd:n, formatted_cost:s, input_tokens:i, output_tokens:i, total_tokens:i, llm_model?:s,
    embedding_model?:s
UploadDocumentResponse: document_id:s, status:s, track_id:s, task_id?:s, duplicate_of?:s, chunk_count?:i,
    entity_count?:i, relationship_count?:i, cost?:DocumentCostInfo
DocumentSummary: id:s, chunk_count:i, title?:s, file_name?:s, content_summary?:s, content_length?:i, entity_count?:i,
    status?:s, error_message?:s, warning_message?:s, track_id?:s, created_at?:s, updated_at?:s, cost_usd?:n,
    input_tokens?:i, output_tokens?:i, total_tokens?:i, llm_model?:s, embedding_model?:s, source_type?:s,
    current_stage?:s, stage_progress?:n, stage_message?:s, pdf_id?:s
StatusCounts: pending:i, processing:i, completed:i, partial_failure:i, failed:i, cancelled:i, unknown:i
ListDocumentsResponse: documents:[DocumentSummary], total:i, page:i, page_size:i, total_pages:i, has_more:b,
    status_counts:StatusCounts
DocumentDetailResponse: id:s, status:s, chunk_count:i, title?:s, file_name?:s, content?:s, content_summary?:s,
    content_length?:i, content_hash?:s, entity_count?:i, relationship_count?:i, error_message?:s, warning_message?:s,
    source_type?:s, mime_type?:s, file_size?:i, track_id?:s, tenant_id?:s, workspace_id?:s, created_at?:s,
    updated_at?:s, processed_at?:s, lineage?:o, metadata?:any, pdf_id?:s, multimodal_items?:[o], multimodal_summary?:o
DeleteDocumentResponse: document_id:s, deleted:b, chunks_deleted:i, entities_affected:i, relationships_affected:i
DeleteAllDocumentsResponse: deleted_count:i, total_chunks_deleted:i, total_entities_removed:i,
    total_relationships_removed:i, total_pdfs_deleted:i, skipped_count:i, skipped_documents:[s]
TrackStatusResponse: track_id:s, documents:[DocumentSummary], total_count:i, status_summary:StatusCounts, is_complete:b,
    created_at?:s, latest_message?:s
FileUploadResponse: document_id:s, filename:s, size:i, content_hash:s, status:s, chunk_count:i, entity_count:i,
    relationship_count:i, is_duplicate:b, task_id?:s, track_id?:s
TenantResponse: id:s, name:s, slug:s, plan:s, is_active:b, max_workspaces:i, default_llm_model:s,
    default_llm_provider:s, default_llm_full_id:s, default_embedding_model:s, default_embedding_provider:s,
    default_embedding_dimension:i, default_embedding_full_id:s, default_vision_llm_model?:s,
    default_vision_llm_provider?:s, created_at:s, updated_at:s
TenantListResponse: items:[TenantResponse], total:i, offset:i, limit:i
WorkspaceResponse: id:s, tenant_id:s, name:s, slug:s, description?:s, is_active:b, max_documents?:i, llm_model:s,
    llm_provider:s, llm_full_id:s, embedding_model:s, embedding_provider:s, embedding_dimension:i, embedding_full_id:s,
    vision_llm_model?:s, vision_llm_provider?:s, pdf_parser_backend?:s, entity_types?:[s], entity_types_strict:b,
    created_at:s, updated_at:s
WorkspaceListResponse: items:[WorkspaceResponse], total:i, offset:i, limit:i
WorkspaceStatsResponse: workspace_id:s, document_count:i, entity_count:i, relationship_count:i, entity_type_count:i,
    chunk_count:i, embedding_count:i, storage_bytes:i, stale:b
ComponentHealth: kv_storage:b, vector_storage:b, graph_storage:b, llm_provider:b
HealthResponse: status:s, version:s, storage_mode:s, workspace_id:s, components:ComponentHealth, llm_provider_name?:s,
    pdf_storage_enabled?:b, providers?:o, schema?:o, build_info?:o, capabilities?:o, operational?:o, attribution?:o
BatchFileResult: filename:s, status:s, document_id?:s, error?:s
BatchUploadResponse: total_files:i, processed:i, duplicates:i, failed:i, results:[BatchFileResult]
DocumentSearchItem: id:s, title:s, status:s, created_at?:s
DocumentSearchResponse: items:[DocumentSearchItem], total:i, has_more:b
ScanSkippedFile: path:s, reason:s
ScanDirectoryResponse: track_id:s, files_found:i, files_queued:i, files_skipped:i, queued_files:[s],
    skipped_files:[ScanSkippedFile]
ReprocessFailedResponse: track_id:s, failed_found:i, requeued:i, document_ids:[s], v2_migration?:any
RecoverStuckResponse: track_id:s, stuck_found:i, requeued:i, document_ids:[s], document_titles:[s], v2_migration?:o
DeletionImpactResponse: document_id:s, chunks_to_delete:i, entities_to_remove:i, entities_to_update:i,
    relationships_to_remove:i, relationships_to_update:i, preview_only:b
FailedChunkInfo: chunk_index:i, chunk_id:s, error_message:s, was_timeout:b, retry_attempts:i, status:s
ListFailedChunksResponse: document_id:s, failed_chunks:[FailedChunkInfo], total_chunks:i, successful_chunks:i
RetryChunksResponse: document_id:s, chunks_queued:i, chunk_indices:[i], message:s, implemented:b
PdfMetadata: filename:s, file_size_bytes:i, sha256_checksum:s, vision_enabled:b, page_count?:i, vision_model?:s
PdfUploadResponse: pdf_id:s, status:s, task_id:s, message:s, estimated_time_seconds:i, metadata:PdfMetadata,
    document_id?:s, track_id?:s, duplicate_of?:s, ingestion_estimate?:o
PdfBatchFileResult: filename:s, status:s, pdf_id?:s, task_id?:s, duplicate_of?:s, error?:s
PdfBatchUploadResponse: total_files:i, accepted:i, duplicates:i, failed:i, results:[PdfBatchFileResult]
PdfListItem: pdf_id:s, filename:s, status:s, file_size_bytes:i, created_at:s, page_count?:i, processed_at?:s
PdfPaginationInfo: page:i, page_size:i, total_count:i, total_pages:i
ListPdfsResponse: items:[PdfListItem], pagination:PdfPaginationInfo
PdfStatusMetadata: filename:s, page_count?:i, extraction_method?:s, vision_model?:s, processed_at?:s
PdfStatusResponse: pdf_id:s, status:s, metadata:PdfStatusMetadata, document_id?:s, processing_duration_ms?:i,
    errors?:any
PdfContentResponse: pdf_id:s, filename:s, file_size_bytes:i, content_type:s, is_processed:b, markdown_content?:s
PdfOperationResponse: success:b, pdf_id:s, message:s, task_id?:s
PhaseError: message:s, code:s, retryable:b, suggestion:s, affected_item?:s
PhaseProgress: phase:s, status:s, current:i, total:i, percentage:n, message:s, eta_seconds?:i, started_at?:s,
    completed_at?:s, error?:PhaseError
PdfUploadProgress: track_id:s, pdf_id:s, filename:s, phases:[PhaseProgress], overall_percentage:n, is_complete:b,
    is_failed:b, started_at:s, updated_at:s, completed_at?:s, document_id?:s, eta_seconds?:i
GraphNodeResponse: id:s, label:s, node_type:s, description:s, degree:i, properties:any
GraphEdgeResponse: source:s, target:s, relationship_type:s, weight:n, properties:any
KnowledgeGraphResponse: nodes:[GraphNodeResponse], edges:[GraphEdgeResponse], is_truncated:b, total_nodes:i,
    total_edges:i
SearchNodesResponse: nodes:[GraphNodeResponse], edges:[GraphEdgeResponse], total_matches:i, is_truncated:b
SearchLabelsResponse: labels:[s]
PopularLabel: label:s, entity_type:s, degree:i, description:s
PopularLabelsResponse: labels:[PopularLabel], total_entities:i
NodeDegree: node_id:s, degree:i
BatchDegreeResponse: degrees:[NodeDegree], count:i
EntityResponse: id:s, entity_name:s, entity_type:s, description:s, source_id:s, created_at:s, updated_at:s, degree:i,
    metadata:any
ListEntitiesResponse: items:[EntityResponse], total:i, page:i, page_size:i, total_pages:i
CreateEntityResponse: status:s, message:s, entity:EntityResponse
ChangesSummary: fields_updated:[s], previous_description?:s
UpdateEntityResponse: status:s, message:s, entity:EntityResponse, changes:ChangesSummary
RelationshipSummary: relation_type:s, weight:n, source?:s, target?:s
RelationshipsInfo: outgoing:[RelationshipSummary], incoming:[RelationshipSummary]
EntityStatistics: total_relationships:i, outgoing_count:i, incoming_count:i, document_references:i
GetEntityResponse: entity:EntityResponse, relationships:RelationshipsInfo, statistics:EntityStatistics
DeleteEntityResponse: status:s, message:s, deleted_entity_id:s, deleted_relationships:i, affected_entities:[s]
EntityExistsResponse: exists:b, entity_id?:s, entity_type?:s, degree?:i
MergeDetails: source_entity_id:s, target_entity_id:s, relationships_merged:i, duplicate_relationships_removed:i,
    description_strategy:s, metadata_strategy:s
MergeEntitiesResponse: status:s, message:s, merged_entity:EntityResponse, merge_details:MergeDetails
NeighborhoodNode: id:s, entity_type:s, description:s, degree:i
NeighborhoodEdge: id:s, source:s, target:s, relation_type:s, weight:n
EntityNeighborhoodResponse: nodes:[NeighborhoodNode], edges:[NeighborhoodEdge]
RelationshipResponse: id:s, src_id:s, tgt_id:s, relation_type:s, keywords:s, weight:n, description:s, source_id:s,
    created_at:s, updated_at:s, metadata:any
ListRelationshipsResponse: items:[RelationshipResponse], total:i, page:i, page_size:i, total_pages:i
CreateRelationshipResponse: status:s, message:s, relationship:RelationshipResponse
EntitySummary: id:s, entity_type:s
RelationshipEntities: source:EntitySummary, target:EntitySummary
GetRelationshipResponse: relationship:RelationshipResponse, entities:RelationshipEntities
RelationshipChangesSummary: fields_updated:[s], previous_weight?:n
UpdateRelationshipResponse: status:s, message:s, relationship:RelationshipResponse, changes:RelationshipChangesSummary
DeleteRelationshipResponse: status:s, message:s, deleted_relationship_id:s, src_id:s, tgt_id:s
ConversationResponse: id:s, tenant_id:s, workspace_id?:s, folder_id?:s, title:s, mode:s, is_pinned:b, is_archived:b,
    share_id?:s, message_count?:i, last_message_preview?:s, created_at:s, updated_at:s
MessageResponse: id:s, conversation_id:s, parent_id?:s, role:s, content:s, mode?:s, tokens_used?:i, duration_ms?:i,
    thinking_time_ms?:i, context?:any, is_error:b, created_at:s, updated_at:s
ConversationWithMessagesResponse: conversation:ConversationResponse, messages:[MessageResponse]
PaginationMetaResponse: has_more:b, next_cursor?:s, prev_cursor?:s, total?:i
PaginatedConversationsResponse: items:[ConversationResponse], pagination:PaginationMetaResponse
PaginatedMessagesResponse: items:[MessageResponse], pagination:PaginationMetaResponse
BulkOperationResponse: affected:i
ImportErrorResponse: id:s, error:s
ImportConversationsResponse: imported:i, failed:i, errors:[ImportErrorResponse]
ShareResponse: share_id:s, share_url:s
FolderResponse: id:s, tenant_id:s, workspace_id?:s, name:s, parent_id?:s, position:i, created_at:s, updated_at:s
CharRange: start:i, end:i
ExtractedEntityInfo: id:s, name:s, entity_type:s, description?:s
ExtractedRelationshipInfo: source_name:s, target_name:s, relation_type:s, description?:s
ExtractionMetadataInfo: model:s, gleaning_iterations:i, duration_ms:i, input_tokens:i, output_tokens:i, cached:b
ChunkDetailResponse: chunk_id:s, document_id:s, document_name?:s, content:s, index:i, char_range:CharRange,
    start_line?:i, end_line?:i, page_start?:i, page_end?:i, token_count:i, entities:[ExtractedEntityInfo],
    relationships:[ExtractedRelationshipInfo], extraction_metadata?:ExtractionMetadataInfo
ChunkLineageResponse: chunk_id:s, document_id:s, document_name?:s, document_type?:s, index:i, start_line?:i,
    end_line?:i, start_offset?:i, end_offset?:i, token_count:i, content_preview:s, entity_count:i,
    relationship_count:i, entity_names:[s], document_metadata?:any
EntitySummaryResponse: name:s, entity_type:s, source_chunks:[s], is_shared:b
RelationshipSummaryResponse: source:s, target:s, keywords:s, source_chunks:[s]
ExtractionStatsResponse: total_entities:i, unique_entities:i, total_relationships:i, unique_relationships:i,
    processing_time_ms?:i
DocumentGraphLineageResponse: document_id:s, chunk_count:i, entities:[EntitySummaryResponse],
    relationships:[RelationshipSummaryResponse], extraction_stats:ExtractionStatsResponse
LineRangeInfo: start_line:i, end_line:i
SourceDocumentInfo: document_id:s, chunk_ids:[s], line_ranges:[LineRangeInfo]
DescriptionVersionResponse: version:i, description:s, created_at:s, source_chunk_id?:s
EntityLineageResponse: entity_name:s, entity_type?:s, source_documents:[SourceDocumentInfo], source_count:i,
    description_versions:[DescriptionVersionResponse]
ChunkSourceInfo: chunk_id:s, start_line?:i, end_line?:i, source_text?:s
EntitySourceInfo: document_id:s, document_name?:s, chunks:[ChunkSourceInfo], first_extracted_at?:s
RelatedEntityInfo: entity_id:s, entity_name:s, relationship_type:s, shared_documents:i
EntityProvenanceResponse: entity_id:s, entity_name:s, entity_type:s, description?:s, sources:[EntitySourceInfo],
    total_extraction_count:i, related_entities:[RelatedEntityInfo]
TaskErrorResponse: message:s, step:s, reason:s, suggestion:s, retryable:b
TaskResponse: track_id:s, tenant_id:s, workspace_id:s, task_type:s, status:s, created_at:s, updated_at:s,
    started_at?:s, completed_at?:s, error_message?:s, error?:TaskErrorResponse, retry_count:i, max_retries:i,
    progress?:any, result?:any, metadata?:any
PaginationInfo: total:i, page:i, page_size:i, total_pages:i
StatisticsInfo: pending:i, processing:i, indexed:i, failed:i, cancelled:i
TaskListResponse: tasks:[TaskResponse], pagination:PaginationInfo, statistics:StatisticsInfo
PipelineMessageResponse: timestamp:s, level:s, message:s
EnhancedPipelineStatusResponse: is_busy:b, job_name?:s, job_start?:s, total_documents:i, processed_documents:i,
    current_batch:i, total_batches:i, latest_message?:s, history_messages:[PipelineMessageResponse],
    cancellation_requested:b, pending_tasks:i, processing_tasks:i, completed_tasks:i, failed_tasks:i
CancelPipelineResponse: status:s, message:s
QueueMetricsResponse: pending_count:i, processing_count:i, active_workers:i, max_workers:i, worker_utilization:i,
    avg_wait_time_seconds:n, max_wait_time_seconds:n, throughput_per_minute:n, estimated_queue_time_seconds:n,
    rate_limited:b, timestamp:s, pressure:s, pending_warn_threshold:i, pending_critical_threshold:i,
    operator_action?:s
ModelPricingResponse: model:s, input_cost_per_1k:n, output_cost_per_1k:n
AvailablePricingResponse: models:[ModelPricingResponse]
EstimateCostResponse: model:s, input_tokens:i, output_tokens:i, estimated_cost_usd:n, formatted_cost:s
BudgetInfo: monthly_budget_usd:n, spent_usd:n, remaining_usd:n, alert_threshold:n, is_over_budget:b
OperationBreakdown: operation:s, cost:n, percentage:n, input_tokens:i, output_tokens:i, total_tokens:i, call_count:i
WorkspaceCostSummaryResponse: workspace_id:s, total_cost:n, document_count:i, total_tokens:i,
    average_cost_per_document:n, by_operation:[OperationBreakdown], period_start?:s, period_end?:s, budget?:BudgetInfo
CostHistoryPoint: timestamp:s, total_cost:n, total_tokens:i, document_count:i
MetricsSnapshotDTO: id:s, recorded_at:s, trigger_type:s, document_count:i, chunk_count:i, entity_count:i,
    relationship_count:i, embedding_count:i, storage_bytes:i
MetricsHistoryResponse: workspace_id:s, snapshots:[MetricsSnapshotDTO], count:i, offset:i, limit:i
RebuildEmbeddingsResponse: workspace_id:s, status:s, documents_to_process:i, chunks_to_process:i, vectors_cleared:i,
    embedding_model:s, embedding_provider:s, embedding_dimension:i, model_context_length:i, estimated_time_seconds?:i,
    job_id?:s, compatibility_warning?:s, v2_migration?:o
RebuildKnowledgeGraphResponse: workspace_id:s, status:s, nodes_cleared:i, edges_cleared:i, vectors_cleared:i,
    documents_to_process:i, chunks_to_process:i, llm_model:s, llm_provider:s, track_id?:s, estimated_time_seconds?:i,
    v2_migration?:o
ReprocessAllResponse: track_id:s, workspace_id:s, status:s, documents_found:i, documents_queued:i,
    documents_skipped:i, estimated_time_seconds?:i
InjectionSummary: injection_id:s, name:s, status:s, entity_count:i, source_type:s, created_at:s, updated_at:s,
    error?:s
InjectionDetailResponse: injection_id:s, name:s, status:s, entity_count:i, source_type:s, created_at:s, updated_at:s,
    error?:s, content:s, version:i
PutInjectionResponse: injection_id:s, workspace_id:s, version:i, status:s
ListInjectionsResponse: items:[InjectionSummary], total:i, limit:i, offset:i, has_more:b
DeleteInjectionResponse: deleted:b, message:s
ModelCapabilitiesResponse: context_length:i, max_output_tokens:i, supports_vision:b, supports_function_calling:b,
    supports_json_mode:b, supports_streaming:b, supports_system_message:b, embedding_dimension:i
ModelCostResponse: input_per_1k:n, output_per_1k:n, embedding_per_1k:n, image_per_unit:n
ModelResponse: name:s, display_name:s, model_type:s, description:s, deprecated:b, replacement?:s,
    capabilities:ModelCapabilitiesResponse, cost:ModelCostResponse, tags?:[s], available?:b, discovery_source?:s
ProviderHealthResponse: available:b, latency_ms:i, checked_at:s, error?:s
ConfigRequirement: env_var:s, required:b, description:s, satisfied:b
ProviderResponse: name:s, display_name:s, provider_type:s, enabled:b, priority:i, description:s,
    models:[ModelResponse], health?:ProviderHealthResponse, auth_kind?:s, config_requirements?:[ConfigRequirement]
ModelsListResponse: providers:[ProviderResponse], default_llm_provider:s, default_llm_model:s,
    default_embedding_provider:s, default_embedding_model:s
LlmModelsResponse: models:[o], default_provider:s, default_model:s
EmbeddingModelsResponse: models:[o], default_provider:s, default_model:s
DefaultModels: chat_model:s, embedding_model:s, embedding_dimension:i
ProviderInfo: id:s, name:s, description:s, available:b, config_requirements:[ConfigRequirement],
    default_models:DefaultModels
AvailableProvidersResponse: llm_providers:[ProviderInfo], embedding_providers:[ProviderInfo], active_llm_provider:s,
    active_embedding_provider:s
LLMProviderStatus: name:s, type:s, status:s, model:s, config:any, base_url?:s
EmbeddingProviderStatus: name:s, type:s, status:s, model:s, dimension:i
StorageStatus: type:s, dimension:i, dimension_mismatch:b, namespace:s
StatusMetadata: checked_at:s, uptime_seconds:i
ProviderStatusResponse: provider:LLMProviderStatus, embedding:EmbeddingProviderStatus, storage:StorageStatus,
    metadata:StatusMetadata
ConfigLevel: level:s, label:s, active:b, provider?:s, model?:s, source?:s, note?:s
ConfigAreaResponse: levels:[ConfigLevel], effective_provider:s, effective_model:s, has_mismatch:b,
    mismatch_description?:s
EffectiveConfigResponse: llm:ConfigAreaResponse, embedding:ConfigAreaResponse, vision:ConfigAreaResponse,
    priority_rule:s, priority_mode:s, server_config_available:b
ServerDefaultsResponse: default_max_workspaces:i, note?:s
UpdateTenantQuotaResponse: tenant_id:s, max_workspaces:i, previous_max_workspaces:i, current_workspace_count:i
JobLinks: self_link:s, cancel:s, catalog:s, v1_task:s
JobResponse: job_id:s, job_type:s, status:s, tenant_id:s, workspace_id:s, created_at:s, updated_at:s, links:JobLinks
JobListResponse: workspace_id:s, jobs:[JobResponse], pagination:PaginationInfo, links:o
DocumentLineage: document_id:s, metadata?:any, lineage?:o
Connection: id:s, tenant_id?:s, slug:s, display_name:s, api_shape:s, locality:s, base_url:s, auth_scheme:s,
    key_fingerprint?:s, key_configured:b, timeout_secs:i, allow_private_network:b, source:s, last_test_ok?:b,
    last_test_error?:s
ProbeResult: ok:b, kind:s, latency_ms:i, message:s, models:[s], embedding_dimension?:i, chat_ok:b, embed_ok:b, list_ok:b
ParseMetrics: total_ms:i, render_ms?:i, ocr_ms?:i, assemble_ms?:i, pages_per_second?:n, prompt_tokens?:i,
    completion_tokens?:i, estimated_cost_usd?:n
ParseResponse: markdown:s, backend:s, backend_effective:s, fallback_applied:b, page_count:i, metrics:ParseMetrics,
    page_timings?:[o], warnings?:[s], request_id:s
ParseJobStatusResponse: job_id:s, status:s, result?:ParseResponse, error?:o, request_id:s
ParseBackendsResponse: backends:[o], limits:o, default_backend:s
ContextRetrievalRequest: query:s, mode?:s, max_results?:i, enable_rerank?:b, rerank_model?:s, rerank_top_k?:i,
    include_subgraph?:b, include_lineage?:b, include_documents?:b, include_agent_hints?:b,
    conversation_history?:[ConversationMessage], document_filter?:DocumentFilter, mix_weights?:MixWeightRequest,
    content_granularity?:s
ContextSearchRequest: query:s, mode?:s, max_results?:i, document_filter?:DocumentFilter
ReanalyzeMultimodalRequest: process_options?:s, reindex?:b
ItemsRetrieved: chunks:i, entities:i, relationships:i, documents:i
ContextRetrievalStats: embedding_time_ms:i, retrieval_time_ms:i, rerank_time_ms?:i, total_time_ms:i,
    items_retrieved:ItemsRetrieved, keywords_extracted?:[s], reranked:b
ModeSelection: requested:s, effective:s, adaptive:b, intent?:s
ChunkPlace: document_id?:s, file_path?:s, start_line?:i, end_line?:i, chunk_index?:i
ContextChunk: id:s, content:s, score:n, rerank_score?:n, token_count:i, reference_id?:i, is_truncated?:b,
    lineage?:ChunkPlace
ContextDocumentSummary: document_id:s, title:s, mime_type?:s, created_at?:s, chunk_count_in_bundle:i,
    entity_count_in_bundle:i
ContextBundle: subgraph:SubgraphBundle, chunks:[ContextChunk], documents?:[ContextDocumentSummary], context_string?:s
RetrievalQuality: coverage_score:n, is_sufficient:b, empty_context:b
DroppedCounts: chunks:i, entities:i, relationships:i
TruncationInfo: is_truncated:b, token_budget:i, tokens_used:i, dropped:DroppedCounts
AgentHints: suggested_followups?:[s], dominant_entity_types?:[s], documents_touched:i, data_quality_warnings?:[s]
ContextRetrievalResponse: retrieval_id:s, query:s, mode:s, mode_selection:ModeSelection, bundle:ContextBundle,
    stats:ContextRetrievalStats, retrieval_quality:RetrievalQuality, truncation:TruncationInfo,
    agent_hints?:AgentHints, retrieval_fingerprint:s, cached:b
ContextArtifactDocument: document_id:s, title?:s, file_name?:s, mime_type?:s, chunk_count:i, multimodal_item_count:i,
    pdf_id?:s, content_summary?:s, content?:s, markdown?:s, content_source?:s, pdf_download_path?:s,
    pdf_content_path?:s
ContextArtifactChunk: chunk_id:s, document_id:s, content:s, chunk_index:i, token_count:i, start_line?:i, end_line?:i
ContextArtifactFigure: item_id:s, document_id:s, modality:s, status:s, name?:s, item_type?:s, caption?:s,
    analyzed_text?:s
ContextArtifactMarkdown: document_id:s, markdown:s, source:s, pdf_id?:s
ContextArtifactPdf: pdf_id:s, document_id?:s, filename:s, file_size_bytes:i, content_type:s, is_processed:b,
    download_path:s, content_path:s, markdown_content?:s
ContextArtifactResponse: artifact_type:s, artifact_id:s, document?:ContextArtifactDocument,
    chunk?:ContextArtifactChunk, figure?:ContextArtifactFigure, markdown?:ContextArtifactMarkdown,
    pdf?:ContextArtifactPdf
ReanalyzeMultimodalResponse: document_id:s, track_id?:s, requeued:b, success:i, skipped:i, failed:i, v2_migration?:o
GraphMetadataEvent: type:=metadata, total_nodes:i, total_edges:i, nodes_to_stream:i, edges_to_stream:i
GraphNodesEvent: type:=nodes, batch:i, total_batches:i, nodes:[GraphNodeResponse]
GraphEdgesEvent: type:=edges, edges:[GraphEdgeResponse]
GraphDoneEvent: type:=done, nodes_count:i, edges_count:i, duration_ms:i
UpdateServerDefaultsRequest: default_max_workspaces:i
UpdateTenantQuotaRequest: max_workspaces:i
CreateApiKeyRequest: name?:s, scopes?:[s], expires_in_days?:i
LoginRequest: username:s, password:s
RefreshTokenRequest: refresh_token:s
ChatCompletionRequest: message:s, stream?:b, mode?:s, conversation_id?:s, parent_id?:s, provider?:s, model?:s,
    max_tokens?:i, temperature?:n, top_k?:i, language?:s, system_prompt?:s, images?:[ImageAttachment],
    document_filter?:DocumentFilter, content_granularity?:s
ImageAttachment: data:s, mime_type:s
DocumentFilter: date_from?:s, date_to?:s, document_ids?:[s], document_pattern?:s
BulkArchiveRequest: conversation_ids:[s], archive:b
BulkOperationRequest: conversation_ids:[s]
BulkMoveRequest: conversation_ids:[s], folder_id?:s
CreateConversationApiRequest: title?:s, mode?:s, folder_id?:s
CreateMessageApiRequest: content:s, role:s, parent_id?:s, stream?:b
ImportConversationsRequest: conversations:[o]
UpdateConversationApiRequest: title?:s, mode?:s, is_pinned?:b, is_archived?:b, folder_id?:s
UpdateMessageApiRequest: content?:s, tokens_used?:i, duration_ms?:i, thinking_time_ms?:i, context?:any, is_error?:b
RecoverStuckRequest: document_ids?:[s], max_documents?:i, stuck_threshold_minutes?:i
ReprocessFailedRequest: document_id?:s, track_id?:s, max_documents?:i, force?:b, mode?:s
RetryChunksRequest: chunk_indices?:[i], force?:b, max_retries?:i
ScanDirectoryRequest: path:s, recursive?:b, extensions?:[s], max_files?:i, async_processing?:b, track_id?:s
UploadDocumentRequest: content:s, title?:s, metadata?:any, async_processing?:b, track_id?:s, enable_gleaning?:b,
    max_gleaning?:i, use_llm_summarization?:b, chunk_strategy?:s, chunk_options?:any
CreateEntityRequest: entity_name:s, entity_type:s, description:s, source_id:s, metadata?:any
MergeEntitiesRequest: source_entity:s, target_entity:s, merge_strategy?:s, metadata?:any
UpdateEntityRequest: entity_type?:s, description?:s, metadata?:any
CreateFolderApiRequest: name:s, parent_id?:s
UpdateFolderApiRequest: name?:s, parent_id?:s, position?:i
BatchDegreeRequest: node_ids:[s]
PutInjectionRequest: name:s, content:s
UpdateInjectionRequest: name?:s, content?:s
CreateJobRequest: job_type:s, payload?:any
EstimateCostRequest: model:s, input_tokens:i, output_tokens:i
QueryRequest: query:s, mode?:s, max_results?:i, enable_rerank?:b, rerank_model?:s, rerank_top_k?:i, context_only?:b,
    prompt_only?:b, include_references?:b, include_subgraph?:b, conversation_history?:[ConversationMessage],
    document_filter?:DocumentFilter, llm_provider?:s, llm_model?:s, system_prompt?:s, mix_weights?:MixWeightRequest,
    extra_headers?:m, content_granularity?:s
ConversationMessage: role:s, content:s
MixWeightRequest: local?:n, global?:n, naive?:n
StreamQueryRequest: query:s, mode?:s, llm_provider?:s, llm_model?:s, system_prompt?:s, stream_format?:s,
    include_subgraph?:b, document_filter?:DocumentFilter, extra_headers?:m, content_granularity?:s
CreateRelationshipRequest: src_id:s, tgt_id:s, keywords:s, description:s, source_id:s, weight?:n, metadata?:any
UpdateRelationshipRequest: keywords?:s, description?:s, weight?:n, metadata?:any
CreateTenantRequest: name:s, slug?:s, description?:s, plan?:s, default_llm_model?:s, default_llm_provider?:s,
    default_embedding_model?:s, default_embedding_provider?:s, default_embedding_dimension?:i,
    default_vision_llm_model?:s, default_vision_llm_provider?:s
UpdateTenantRequest: name?:s, description?:s, plan?:s, is_active?:b
CreateUserRequest: username:s, email:s, password:s, role?:s
UpdateUserRequest: display_name?:s, email?:s, is_active?:b, role?:s
CreateWorkspaceApiRequest: name:s, slug?:s, description?:s, max_documents?:i, llm_model?:s, llm_provider?:s,
    embedding_model?:s, embedding_provider?:s, embedding_dimension?:i, vision_llm_model?:s, vision_llm_provider?:s,
    pdf_parser_backend?:s, entity_types?:[s], entity_types_strict?:b
RebuildEmbeddingsRequest: embedding_model?:s, embedding_provider?:s, embedding_dimension?:i, force?:b
RebuildKnowledgeGraphRequest: llm_model?:s, llm_provider?:s, force?:b, max_documents?:i, rebuild_embeddings?:b
ReprocessAllRequest: include_completed?:b, max_documents?:i
UpdateWorkspaceApiRequest: name?:s, description?:s, is_active?:b, max_documents?:i, llm_model?:s, llm_provider?:s,
    embedding_model?:s, embedding_provider?:s, embedding_dimension?:i, vision_llm_model?:s, vision_llm_provider?:s,
    pdf_parser_backend?:s, entity_types?:[s], entity_types_strict?:b
ConnectionRequest: slug:s, display_name:s, api_shape:s, base_url:s, locality?:s, auth_scheme?:s, api_key?:s,
    timeout_secs?:i, allow_private_network?:b
ProviderTestRequest: shape:s, base_url?:s, model?:s, embedding_model?:s, api_key?:s, auth_scheme?:s,
    allow_private_network?:b, expected_dimension?:i
"""
FIELDS = {
    name: dict(field.split(":") for field in fields.split(", "))
    for name, fields in (line.split(": ", 1) for line in SCHEMAS.replace(",\n    ", ", ").strip().splitlines())
}
SCALARS: dict[str, tuple[type, ...]] = {
    "s": (str,),
    "i": (int,),
    "n": (int, float),
    "b": (bool,),
    "o": (dict,),
    "m": (dict,),
}


def problems(schema: str, value: Any, *, strict: bool, at: str = "") -> list[str]:
    """What is wrong with a value, or nothing."""
    if schema == "any":
        return []
    if schema.startswith("["):
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        return [
            fault
            for i, item in enumerate(value)
            for fault in problems(schema[1:-1], item, strict=strict, at=f"{at}[{i}]")
        ]
    if schema.startswith("="):
        return [] if value == schema[1:] else [f"{at}: {value!r} is not {schema[1:]}"]
    if schema in SCALARS:
        wrong = not isinstance(value, SCALARS[schema]) or (isinstance(value, bool) and schema != "b")
        return [f"{at}: {value!r} is not {schema}"] if wrong else []
    if not isinstance(value, dict):
        return [f"{at}: not a {schema}"]
    fields = {name.removesuffix("?"): (kind, name.endswith("?")) for name, kind in FIELDS[schema].items()}
    found = [f"{at}.{name}: missing" for name, (_, optional) in fields.items() if not optional and name not in value]
    if strict:
        found += [f"{at}.{name}: not in {schema}" for name in value.keys() - fields.keys()]
    for name in value.keys() & fields.keys():
        kind, optional = fields[name]
        if value[name] is not None or not optional:
            found += problems(kind, value[name], strict=strict, at=f"{at}.{name}")
    return found


def sample(schema: str, *, full: bool = False) -> Any:
    """A value of the shape, with all its required members, and the others only if it shall be full."""
    if schema.startswith("["):
        return [sample(schema[1:-1], full=full)]
    if schema.startswith("="):
        return schema[1:]
    simple: dict[str, Any] = {
        "s": "2026-01-01T12:00:00+00:00",
        "i": 3,
        "n": 0.5,
        "b": True,
        "o": {},
        "m": {},
        "any": None,
    }
    if schema in simple:
        return simple[schema]
    members = {name.removesuffix("?"): kind for name, kind in FIELDS[schema].items() if full or not name.endswith("?")}
    return {name: sample(kind, full=full) for name, kind in members.items()}
