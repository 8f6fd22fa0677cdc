"""Tiny random models on disk, of every kind the local backends drive; made without a network."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
NO_SYSTEM_TEMPLATE = (
    "{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
POSITIONS = 256


def _tokenizer(template: str | None) -> Any:
    """Return a byte-level tokenizer: one token per byte, so it can write every text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *alphabet])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|end|>",
        pad_token="<|pad|>",
        additional_special_tokens=SPECIAL[2:],
        padding_side="right",  # wrong for a decoder: a backend must not trust the folder
    )
    tokenizer.chat_template = template
    return tokenizer


def _save(folder: Path, model: Any, tokenizer: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def llama(
    folder: Path, template: str | None = CHAT_TEMPLATE, *, inner: int = 96, **generation: Any
) -> Path:
    """Save a chat model, ``inner`` wide inside its layers. Further arguments become its
    generation_config.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    tokenizer = _tokenizer(template)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=inner,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=POSITIONS,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.3,  # large: logits far apart, so that rounding flips no greedy choice
    )
    model = LlamaForCausalLM(config)
    for key, value in generation.items():
        setattr(model.generation_config, key, value)
    return _save(folder, model, tokenizer)


def adapter(folder: Path, base: Path) -> Path:
    """Save a LoRA adapter of a Llama model, with weights that change what it says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(7)
    wanted = LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], lora_alpha=8)
    network = get_peft_model(AutoModelForCausalLM.from_pretrained(base), wanted)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3)
    network.save_pretrained(folder)
    return folder


def int8(folder: Path, base: Path) -> Path:
    """Save a Llama model's layers in 8 bits, as compressed-tensors does, one scale for each row."""
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(base, folder)
    weights = {}
    for name, weight in load_file(base / "model.safetensors").items():
        if not name.endswith("_proj.weight"):
            weights[name] = weight
            continue
        scale = weight.abs().amax(1, keepdim=True) / 127
        weights |= {name: (weight / scale).round().to(torch.int8), f"{name}_scale": scale}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    number = {"num_bits": 8, "type": "int", "symmetric": True}
    stated = {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {
            "group_0": {
                "targets": ["Linear"],
                "weights": {**number, "strategy": "channel", "dynamic": False},
                "input_activations": {**number, "strategy": "token", "dynamic": True},
            }
        },
    }
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "quantization_config": stated}))
    return folder


def gpt2(folder: Path) -> Path:
    """A base model without a chat template, whose only pad is its end token."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(2)
    tokenizer = _tokenizer(None)
    tokenizer.pad_token = None
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=64,
        n_layer=2,
        n_head=2,
        n_positions=POSITIONS,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        initializer_range=0.3,
    )
    return _save(folder, GPT2LMHeadModel(config), tokenizer)


def t5(folder: Path) -> Path:
    """A sequence-to-sequence model with relative positions."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(3)
    tokenizer = _tokenizer(None)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=64,
        d_kv=32,
        d_ff=96,
        num_layers=2,
        num_heads=2,
        decoder_start_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        initializer_factor=2.0,
    )
    return _save(folder, T5ForConditionalGeneration(config), tokenizer)


def speaker(folder: Path, said: list[str], marks: list[str]) -> Path:
    """Save a chat model that always says the same: each piece of text is a token of its own.

    The pieces in ``marks`` are special tokens. The weights map each token to the next one.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer(CHAT_TEMPLATE)
    tokenizer.add_tokens([piece for piece in said if piece not in marks])
    tokenizer.add_special_tokens({"additional_special_tokens": [*SPECIAL[2:], *marks]})
    size = 32 * -(-len(tokenizer) // 32)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=size // 32,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=POSITIONS,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    chain = tokenizer.convert_tokens_to_ids(["<|assistant|>", *said, "<|end|>"])
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.model.norm.weight.fill_(1.0)
        model.model.embed_tokens.weight.copy_(torch.eye(len(tokenizer), size))
        for token, following in itertools.pairwise(chain):
            model.lm_head.weight[following, token] = 9.0
    return _save(folder, model, tokenizer)
