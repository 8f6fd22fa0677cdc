"""Errors as servers and providers send them, with where each was seen and what it means."""

from dataclasses import dataclass
from typing import Any

from gamegrid.backends.error_signs import Trouble


@dataclass(frozen=True, slots=True)
class Sample:
    """One error. ``status`` 200 stands for an error in a good answer."""

    seen: str
    status: int
    body: Any
    trouble: Trouble | None

    def __str__(self) -> str:
        return f"{self.status} {self.seen.rpartition('//')[2]}"


def openai(message: str, **more: Any) -> dict[str, Any]:
    """Return an error in OpenAI's envelope."""
    return {"error": {"message": message, "type": "invalid_request_error"} | more}


GH = "https://github.com"
DASHSCOPE = "https://www.alibabacloud.com/help/en/model-studio/error-code"
ZAI = "https://docs.z.ai/api-reference/api-code"
MINIMAX = "https://platform.minimax.io/docs/api-reference/errorcode.md"
OPENROUTER = "https://openrouter.ai/docs/api/reference/errors-and-debugging"
OPENAI_ERRORS = "https://platform.openai.com/docs/guides/error-codes"
MOONSHOT = "https://platform.moonshot.ai/docs/api/errors"
FIREWORKS = "https://docs.fireworks.ai/guides/inference-error-codes"
GROQ = "https://console.groq.com/docs/errors"
GEMINI = "https://ai.google.dev/gemini-api/docs/troubleshooting"
ANTHROPIC = "https://docs.claude.com/en/api/errors"
BEDROCK = (
    "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"
)
STEPFUN = "https://platform.stepfun.com/docs/zh/api-reference/error-codes"
SILICONFLOW = "https://docs.siliconflow.cn/en/faqs/error-code"
VOLCENGINE = "https://www.volcengine.com/docs/82379/1299023"
COHERE = "https://docs.cohere.com/reference/errors"
LITELLM = f"{GH}/BerriAI/litellm/blob/main/litellm/litellm_core_utils/exception_mapping_utils.py"
FLAGGED_BY_OPENAI = (
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try "
    "again with a different prompt."
)
LIMITED_BY_OPENAI = (
    "Invalid prompt: we've limited access to this content for safety reasons. This type of "
    "information may be used to benefit or to harm people."
)
AZURE = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management "
    "policy. Please modify your prompt and retry."
)
ALIBABA = "<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate"
XAI_CODE = "The caller does not have permission to execute the specified operation"
QUOTA = "You exceeded your current quota, please check your plan and billing details."

FLAGGED = [
    Sample(
        f"{GH}/UKGovernmentBEIS/inspect_ai/pull/2267",
        403,
        {
            "code": XAI_CODE,
            "error": "Content violates usage guidelines. Team: t, API key ID: k, "
            "Model: grok-4-0709, Failed check: SAFETY_CHECK_TYPE_BIO",
        },
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/theopenco/llmgateway/pull/1785",
        403,
        {"code": XAI_CODE, "error": "Content violates usage guidelines. SAFETY_CHECK_TYPE_CSAM"},
        Trouble.FLAGGED,
    ),
    Sample(
        OPENROUTER,
        403,
        {
            "error": {
                "code": 403,
                "message": "openai/gpt-4-turbo requires moderation on OpenAI. Your input was "
                'flagged for "violence".',
                "metadata": {"reasons": ["violence"], "flagged_input": "attack", "model_slug": "m"},
            }
        },
        Trouble.FLAGGED,
    ),
    Sample(
        "https://www.developersdigest.tech/errors/api/openrouter/403-content-policy-violation",
        403,
        {"error": {"code": 403, "message": "Forbidden", "error_type": "content_policy_violation"}},
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/alan-turing-institute/t0-1/issues/69",
        400,
        openai(FLAGGED_BY_OPENAI, code="invalid_prompt"),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/microsoft/PyRIT/pull/1463",
        400,
        openai(LIMITED_BY_OPENAI, code="invalid_prompt"),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/lobehub/lobehub/issues/5994",
        400,
        {
            "error": {
                "code": 400,
                "message": "Provider returned error",
                "metadata": {
                    "raw": '{"error": {"message": "Invalid prompt: your prompt was flagged as '
                    'potentially violating our usage policy.", "code": "invalid_prompt"}}',
                    "provider_name": "OpenAI",
                },
            }
        },
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/microsoft/TinyTroupe/issues/85",
        400,
        openai(
            AZURE,
            param="prompt",
            code="content_filter",
            status=400,
            innererror={
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {"jailbreak": {"filtered": True, "detected": True}},
            },
        ),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/browser-use/browser-use/issues/262",
        400,
        {"error": {"inner_error": {"code": "ResponsibleAIPolicyViolation"}, "message": "Bad."}},
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/microsoft/sample-app-aoai-chatGPT/issues/986",
        400,
        openai("litellm.ContentPolicyViolationError: Azure Exception - Error code: 400: " + AZURE),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/BerriAI/litellm/pull/16231",
        500,
        openai(
            "The response was filtered",
            code="500",
            provider_specific_fields={"innererror": {"code": "ResponsibleAIPolicyViolation"}},
        ),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/camel-ai/owl/issues/432",
        400,
        {
            "error": {
                "code": "data_inspection_failed",
                "param": None,
                "type": "data_inspection_failed",
                "message": "Input data may contain inappropriate content.",
            }
        },
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/QwenLM/qwen-code/issues/3145", 400, openai(f"{ALIBABA} content."), Trouble.FLAGGED
    ),
    Sample(
        f"{GH}/anomalyco/opencode/issues/46561",
        502,
        openai("Upstream request failed", code="data_inspection_failed"),
        Trouble.FLAGGED,
    ),
    Sample(
        DASHSCOPE,
        400,
        {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate data."},
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/666ghj/BettaFish/issues/108",
        400,
        openai("Content Exists Risk", code="invalid_request_error"),
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/deepseek-ai/DeepSeek-V2/issues/30",
        400,
        {"detail": "Content Exists Risk"},
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/whiteguo233/OpenBiliClaw/issues/199",
        400,
        {"code": "invalid_request_error", "message": "Content Exists Risk", "param": None},
        Trouble.FLAGGED,
    ),
    Sample(
        f"{GH}/MoonshotAI/kimi-cli/issues/1002",
        400,
        {
            "error": {
                "code": 400,
                "param": "prompt",
                "type": "content_filter",
                "message": "The request was rejected because it was considered high risk",
            }
        },
        Trouble.FLAGGED,
    ),
    Sample(MOONSHOT, 400, openai("该请求被拒绝，因为它被认为是高风险的"), Trouble.FLAGGED),
    Sample(
        f"{GH}/openai/openai-cookbook/issues/1224",
        400,
        openai(
            "input contains sensitive words: [test]",
            type="new_api_error",
            code="sensitive_words_detected",
        ),
        Trouble.FLAGGED,
    ),
    Sample(
        ZAI,
        400,
        {
            "error": {
                "code": "1301",
                "message": "System detected potentially unsafe or sensitive content in input or "
                "generation. Please avoid using prompts that may generate sensitive content.",
            }
        },
        Trouble.FLAGGED,
    ),
    Sample(ZAI, 400, openai("系统检测到输入或生成内容可能包含不安全或敏感内容。"), Trouble.FLAGGED),
    Sample(
        MINIMAX,
        200,
        {"choices": None, "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}},
        Trouble.FLAGGED,
    ),
    Sample(
        MINIMAX,
        200,
        {"base_resp": {"status_code": 1027, "status_msg": "输出内容涉敏"}},
        Trouble.FLAGGED,
    ),
    Sample(
        VOLCENGINE,
        400,
        openai(
            "The request failed because the input text may contain sensitive information.",
            code="InputTextSensitiveContentDetected",
        ),
        Trouble.FLAGGED,
    ),
    Sample(
        STEPFUN,
        451,
        openai("The content you provided or machine outputted is blocked.", type="censorship"),
        Trouble.FLAGGED,
    ),
    Sample(
        "https://portkey.ai/docs/product/guardrails",
        446,
        {"error": {"message": "The guardrail checks defined in the config failed."}},
        Trouble.FLAGGED,
    ),
    Sample(
        ANTHROPIC,
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Output blocked by content filtering policy",
            },
        },
        Trouble.FLAGGED,
    ),
    Sample(
        LITELLM,
        400,
        openai("Your request was rejected as a result of our safety system."),
        Trouble.FLAGGED,
    ),
    Sample(LITELLM, 400, openai("The response was blocked."), Trouble.FLAGGED),
    Sample(
        f"{GH}/lm-sys/FastChat/issues/3512",
        400,
        openai("YOUR INPUT VIOLATES OUR CONTENT MODERATION GUIDELINES."),
        Trouble.FLAGGED,
    ),
    Sample(
        "https://docs.bfl.ai/api_integration/errors",
        422,
        {"detail": "Your input was flagged by our content moderation system."},
        Trouble.FLAGGED,
    ),
    Sample(
        "https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails.html",
        400,
        {"message": "Guardrail policy violated: the prompt was blocked by the guardrail."},
        Trouble.FLAGGED,
    ),
    Sample(
        "https://www.xfyun.cn/doc/spark/Web.html",
        200,
        {"header": {"code": 10013, "message": "输入内容审核不通过，涉嫌违规"}},
        Trouble.FLAGGED,
    ),
    Sample(OPENROUTER, 200, openai("Your input was flagged", code=403), Trouble.FLAGGED),
]

OVERFLOW = [
    Sample(
        f"{GH}/ggml-org/llama.cpp/pull/15780",
        500,
        {
            "error": {
                "code": 500,
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 1407,
                "message": "the request exceeds the available context size. try increasing the "
                "context size or enable context shift",
                "n_ctx": 256,
            }
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/ikawrakow/ik_llama.cpp/issues/1619",
        500,
        openai(
            "Input prompt is too big compared to KV size. Please try increasing KV size.",
            code=500,
            type="server_error",
        ),
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/oobabooga/textgen/issues/7257",
        200,
        {
            "error": {
                "code": 400,
                "type": "exceed_context_size_error",
                "n_ctx": 8192,
                "message": "the request exceeds the available context size.",
            }
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/abetlen/llama-cpp-python/issues/416",
        500,
        openai("Requested tokens (1317) exceed context window of 512", type="server_error"),
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/QwenLM/Qwen3/issues/1321",
        400,
        {
            "object": "error",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
            "message": "The input (61709 tokens) is longer than the model's context length "
            "(40960 tokens).",
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/vllm-project/vllm/issues/20409",
        400,
        {
            "object": "error",
            "type": "BadRequestError",
            "code": 400,
            "message": "This model's maximum context length is 16384 tokens. However, you "
            "requested 19591 tokens (9591 in the messages, 10000 in the completion). Please reduce "
            "the length of the messages or completion. None",
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/Chanzhaoyu/chatgpt-web/issues/372",
        400,
        openai(
            "This model's maximum context length is 4096 tokens. However, you requested 4118.",
            param="messages",
            code="context_length_exceeded",
        ),
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/claude-code-best/claude-code/issues/272",
        400,
        openai(
            "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum "
            "context length is 64001 tokens and your request has 24235 input tokens."
        ),
        Trouble.OVERFLOW,
    ),
    Sample(
        "https://huggingface.co/docs/text-generation-inference/reference/api_reference",
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. "
            "Given: 4000 `inputs` tokens and 200 `max_new_tokens`",
            "error_type": "validation",
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        ANTHROPIC,
        400,
        {"type": "error", "error": {"message": "prompt is too long: 210000 tokens > 200000"}},
        Trouble.OVERFLOW,
    ),
    Sample(
        ANTHROPIC,
        400,
        {
            "type": "error",
            "error": {"message": "input length and `max_tokens` exceed context limit: 190000"},
        },
        Trouble.OVERFLOW,
    ),
    Sample(
        GEMINI,
        400,
        {
            "error": {
                "code": 400,
                "status": "INVALID_ARGUMENT",
                "message": "The input token count (1048600) exceeds the maximum number of tokens "
                "allowed (1048576).",
            }
        },
        Trouble.OVERFLOW,
    ),
    Sample(BEDROCK, 400, {"message": "Input is too long for requested model."}, Trouble.OVERFLOW),
    Sample(
        COHERE,
        400,
        {"message": "too many tokens: total number of tokens in the prompt exceeds the limit"},
        Trouble.OVERFLOW,
    ),
    Sample(
        LITELLM,
        400,
        openai("Please reduce the length. Current length is 9000 while limit is 8192"),
        Trouble.OVERFLOW,
    ),
    Sample(
        DASHSCOPE,
        400,
        openai("<400> InvalidParameter: Range of input length should be [1, 30720]"),
        Trouble.OVERFLOW,
    ),
    Sample(ZAI, 400, {"error": {"code": "1261", "message": "Prompt 超长"}}, Trouble.OVERFLOW),
    Sample(
        "https://openrouter.ai/docs/client-sdks/python/components/apierrortype",
        400,
        {"error": {"code": 400, "message": "Bad", "error_type": "context_length_exceeded"}},
        Trouble.OVERFLOW,
    ),
    Sample(
        OPENROUTER,
        200,
        openai("This endpoint's maximum context length is 8192 tokens.", code=400),
        Trouble.OVERFLOW,
    ),
    Sample(
        f"{GH}/lm-sys/FastChat/blob/main/fastchat/constants.py",
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 2048.",
            "code": 40303,
        },
        Trouble.OVERFLOW,
    ),
]

SPENT = [
    Sample(OPENAI_ERRORS, 429, openai(QUOTA, code="insufficient_quota"), Trouble.SPENT),
    Sample(OPENAI_ERRORS, 429, openai(QUOTA), Trouble.SPENT),
    Sample(
        "https://docs.wandb.ai/inference/api-reference/errors", 402, openai(QUOTA), Trouble.SPENT
    ),
    Sample(
        OPENAI_ERRORS,
        401,
        openai("You exceeded your current quota", code="insufficient_quota"),
        Trouble.SPENT,
    ),
    Sample(
        ANTHROPIC,
        400,
        openai("Your credit balance is too low to access the Anthropic API."),
        Trouble.SPENT,
    ),
    Sample(
        "https://api-docs.deepseek.com/quick_start/error_codes",
        402,
        openai("Insufficient Balance", type="unknown_error", code="invalid_request_error"),
        Trouble.SPENT,
    ),
    Sample(
        MOONSHOT,
        429,
        openai(
            "Your account is suspended due to insufficient balance, please recharge your account "
            "or check your plan and billing details",
            type="exceeded_current_quota_error",
        ),
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/7836246/cursor2api/issues/30",
        429,
        {
            "error": {
                "code": "1113",
                "message": "Insufficient balance or no resource package. Please recharge.",
            }
        },
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/continuedev/continue/issues/11823",
        429,
        {"error": {"code": "1113", "message": "余额不足或无可用资源包,请充值。"}},
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/zhayujie/CowAgent/issues/2910",
        500,
        {
            "error": True,
            "status_code": 500,
            "message": 'Error code: 429, with error text {"error":{"code":"1113","message":'
            '"余额不足或无可用资源包,请充值。"}}',
        },
        Trouble.SPENT,
    ),
    Sample(
        ZAI,
        429,
        {"error": {"code": "1308", "message": "Usage limit reached. It will reset at noon."}},
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/FoundationAgents/OpenManus/issues/438",
        403,
        {
            "code": 30011,
            "message": "Your paid balance is insufficient. Top up.",
            "data": None,
        },
        Trouble.SPENT,
    ),
    Sample(
        SILICONFLOW,
        403,
        {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": 0},
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/Wei-Shaw/sub2api/issues/890",
        403,
        {"code": "INSUFFICIENT_BALANCE", "message": "Insufficient account balance"},
        Trouble.SPENT,
    ),
    Sample(
        f"{GH}/chatanywhere/GPT_API_free/issues/495",
        403,
        openai("账户余额不足", type="chatanywhere_error"),
        Trouble.SPENT,
    ),
    Sample(
        DASHSCOPE,
        400,
        {
            "code": "Arrearage",
            "message": "Access denied, please make sure your account is in good standing.",
        },
        Trouble.SPENT,
    ),
    Sample(
        DASHSCOPE,
        403,
        {
            "code": "AllocationQuota.FreeTierOnly",
            "message": "The free tier of the model has been exhausted.",
        },
        Trouble.SPENT,
    ),
    Sample(
        MINIMAX,
        200,
        {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}},
        Trouble.SPENT,
    ),
    Sample(
        VOLCENGINE,
        403,
        openai(
            "The request failed because your account has an overdue balance.",
            code="AccountOverdueError",
        ),
        Trouble.SPENT,
    ),
    Sample(
        FIREWORKS,
        412,
        openai("Account x is suspended, possibly due to reaching the monthly spending limit."),
        Trouble.SPENT,
    ),
    Sample(
        "https://discuss.ai.google.dev/t/183654",
        402,
        {
            "error": {
                "code": 402,
                "status": "RESOURCE_EXHAUSTED",
                "message": "Your prepayment credits are depleted.",
            }
        },
        Trouble.SPENT,
    ),
    Sample(
        GEMINI,
        429,
        {
            "error": {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": QUOTA,
                "details": [
                    {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]},
                    {"retryDelay": "34s"},
                ],
            }
        },
        Trouble.SPENT,
    ),
    Sample(
        OPENROUTER,
        402,
        openai("This request requires more credits, or fewer max_tokens.", code=402),
        Trouble.SPENT,
    ),
    Sample(OPENROUTER, 403, openai("Key limit exceeded (total limit).", code=403), Trouble.SPENT),
    Sample(
        "https://openrouter.ai/docs/api/reference/limits",
        429,
        openai("Rate limit exceeded: free-models-per-day", code=429),
        Trouble.SPENT,
    ),
    Sample(OPENROUTER, 200, openai("Insufficient credits", code=402), Trouble.SPENT),
    Sample(
        COHERE,
        429,
        {"message": "You are using a Trial key, which is limited to 1000 API calls / month."},
        Trouble.SPENT,
    ),
    Sample(
        "https://developers.glean.com/errors/spend-limit-exceeded",
        403,
        {"title": "Spend Limit Exceeded", "status": 403, "code": "spend_limit_exceeded"},
        Trouble.SPENT,
    ),
    Sample(
        "https://docs.litellm.ai/docs/proxy/users",
        400,
        openai("Budget has been exceeded! Current cost: 2.1", type="budget_exceeded"),
        Trouble.SPENT,
    ),
]

HOPELESS = [
    Sample(OPENAI_ERRORS, 401, openai("Incorrect API key provided"), Trouble.KEY),
    Sample(
        GEMINI,
        400,
        openai("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT"),
        Trouble.KEY,
    ),
    Sample(OPENROUTER, 200, openai("No auth credentials found", code=401), Trouble.KEY),
    Sample(ZAI, 401, openai("Authorization Token is invalid", code="1002"), Trouble.KEY),
    Sample(
        MINIMAX,
        200,
        {"base_resp": {"status_code": 1004, "status_msg": "login fail: carry the API secret key"}},
        Trouble.KEY,
    ),
    Sample(DASHSCOPE, 401, {"code": "InvalidApiKey", "message": "Invalid API-key."}, Trouble.KEY),
    Sample(
        BEDROCK,
        403,
        {
            "__type": "com.amazon.coral.service#UnrecognizedClientException",
            "message": "The security token included in the request is invalid.",
        },
        Trouble.KEY,
    ),
    Sample(
        OPENAI_ERRORS,
        403,
        openai(
            "Country, region, or territory not supported",
            code="unsupported_country_region_territory",
        ),
        Trouble.ACCOUNT,
    ),
    Sample(
        GEMINI,
        400,
        {
            "error": {
                "code": 400,
                "status": "FAILED_PRECONDITION",
                "message": "User location is not supported for the API use.",
            }
        },
        Trouble.ACCOUNT,
    ),
    Sample(
        f"{GH}/clacky-ai/openclacky/issues/192",
        403,
        openai(
            "Access terminated. Review our Community Guidelines or contact us for assistance.",
            type="access_terminated_error",
        ),
        Trouble.ACCOUNT,
    ),
    Sample(
        OPENAI_ERRORS,
        403,
        openai("Your organization has been disabled for violating our usage policies."),
        Trouble.ACCOUNT,
    ),
    Sample(
        OPENAI_ERRORS,
        429,
        openai("Your account was flagged for potential abuse and has been suspended."),
        Trouble.ACCOUNT,
    ),
    Sample(
        ZAI,
        429,
        openai("Account has irregular activities and has been locked", code="1121"),
        Trouble.ACCOUNT,
    ),
    Sample(
        MOONSHOT, 403, openai("Permission denied", type="permission_denied_error"), Trouble.ACCOUNT
    ),
    Sample(
        f"{GH}/memovai/mimiclaw/issues/162",
        403,
        {"error": {"type": "forbidden", "message": "Request not allowed"}},
        Trouble.ACCOUNT,
    ),
    Sample(OPENAI_ERRORS, 403, openai("Your request was blocked."), Trouble.ACCOUNT),
    Sample(
        GROQ, 404, openai("The model `x` does not exist", code="model_not_found"), Trouble.NO_MODEL
    ),
    Sample(OPENROUTER, 400, openai("xyz is not a valid model ID", code=400), Trouble.NO_MODEL),
    Sample(ZAI, 400, openai("模型不存在，请检查模型代码。", code="1211"), Trouble.NO_MODEL),
    Sample(
        GROQ,
        400,
        openai(
            "The model has been decommissioned and is no longer supported.",
            code="model_decommissioned",
        ),
        Trouble.NO_MODEL,
    ),
    Sample(SILICONFLOW, 400, {"code": 20012, "message": "Model does not exist."}, Trouble.NO_MODEL),
    Sample(
        f"{GH}/nashsu/llm_wiki/issues/594",
        400,
        {"detail": "Stream must be set to true"},
        Trouble.STREAM_ONLY,
    ),
    Sample(
        DASHSCOPE,
        400,
        openai("parameter.enable_thinking must be set to false for non-streaming calls"),
        Trouble.STREAM_ONLY,
    ),
    Sample(
        DASHSCOPE, 400, openai("This model only supports streaming output."), Trouble.STREAM_ONLY
    ),
    Sample(
        GROQ,
        413,
        openai(
            "Request too large for model `m` on tokens per minute (TPM): Limit 6000",
            code="rate_limit_exceeded",
        ),
        Trouble.TOO_LARGE,
    ),
]

WAIT = [
    Sample(
        GROQ,
        429,
        openai("Rate limit reached for model `m`", code="rate_limit_exceeded"),
        Trouble.RATE,
    ),
    Sample(
        "https://console.groq.com/docs/flex-processing",
        498,
        openai("capacity exceeded", code="capacity_exceeded"),
        Trouble.BUSY,
    ),
    Sample(ANTHROPIC, 529, {"type": "error", "error": {"type": "overloaded_error"}}, Trouble.BUSY),
    Sample(
        ANTHROPIC,
        200,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        Trouble.BUSY,
    ),
    Sample(ZAI, 429, openai("High concurrency usage of this API", code="1302"), Trouble.RATE),
    Sample(ZAI, 429, openai("您当前使用该API的并发数过高，请降低并发", code="1302"), Trouble.RATE),
    Sample(
        MOONSHOT,
        429,
        openai(
            "The engine is currently overloaded, please try again later",
            type="engine_overloaded_error",
        ),
        Trouble.BUSY,
    ),
    Sample(
        GEMINI,
        429,
        {
            "error": {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": f"{QUOTA} Please retry in 12.3s.",
                "details": [
                    {"violations": [{"quotaId": "GenerateContentInputTokensPerMinute"}]},
                    {"retryDelay": "12s"},
                ],
            }
        },
        Trouble.RATE,
    ),
    Sample(
        f"{GH}/open-webui/computer/issues/293",
        429,
        {
            "error": {
                "message": "Provider returned error",
                "code": 429,
                "metadata": {"raw": "glm is temporarily rate-limited upstream."},
            }
        },
        Trouble.RATE,
    ),
    Sample(
        DASHSCOPE,
        429,
        {"code": "Throttling.RateQuota", "message": "Requests rate limit"},
        Trouble.RATE,
    ),
    Sample(
        BEDROCK,
        429,
        {"__type": "ThrottlingException", "message": "Too many requests"},
        Trouble.RATE,
    ),
    Sample(BEDROCK, 503, {"__type": "ServiceUnavailableException"}, Trouble.BUSY),
    Sample(
        MINIMAX, 200, {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, Trouble.RATE
    ),
    Sample(SILICONFLOW, 503, {"code": 50505, "message": "Model service overloaded."}, Trouble.BUSY),
    Sample(
        "https://docs.mistral.ai/api",
        429,
        {
            "object": "error",
            "message": "Service tier capacity exceeded for this model.",
            "type": "service_tier_capacity_exceeded",
            "code": "3505",
        },
        Trouble.BUSY,
    ),
    Sample(
        VOLCENGINE, 429, openai("The service is overloaded.", code="ServerOverloaded"), Trouble.BUSY
    ),
    Sample(
        f"{GH}/lm-sys/FastChat/blob/main/fastchat/constants.py",
        200,
        {"object": "error", "message": "Too many requests.", "code": 42901},
        Trouble.RATE,
    ),
]

PLAIN = [
    Sample(OPENAI_ERRORS, 500, openai("The server had an error", type="server_error"), None),
    Sample(OPENAI_ERRORS, 502, "<html><title>Bad gateway: content policy</title></html>", None),
    Sample(
        f"{GH}/ollama/ollama/issues",
        500,
        openai("failed to allocate buffer for the context window"),
        None,
    ),
    Sample(LITELLM, 503, openai("the content filter service timed out"), Trouble.BUSY),
    Sample(LITELLM, 500, openai("the content filter service timed out"), None),
    Sample(
        f"{GH}/JohnnyZ93/oai-compatible-copilot/issues/202",
        400,
        openai("The reasoning_content in the thinking mode must be passed back to the API."),
        None,
    ),
    Sample(
        "https://www.developersdigest.tech/errors/api/openrouter/400-invalid-prompt",
        400,
        {"error": {"code": 400, "message": "messages.0.role: bad role", "type": "invalid_prompt"}},
        None,
    ),
    Sample(
        f"{GH}/pydantic/pydantic-ai/issues/2323",
        200,
        {"error": {"message": "Internal Server Error", "code": 500}, "choices": None},
        None,
    ),
    Sample(
        f"{GH}/Wei-Shaw/sub2api/issues/2857",
        502,
        openai("Upstream request failed", type="upstream_error"),
        None,
    ),
]

ALL = [*FLAGGED, *OVERFLOW, *SPENT, *HOPELESS, *WAIT, *PLAIN]
