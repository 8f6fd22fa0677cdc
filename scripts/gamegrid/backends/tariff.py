"""What a model costs: prices of tokens, and the limit on its replies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LongPrice:
    """The price, in USD per million tokens, of requests with more than ``above`` prompt tokens."""

    above: int
    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model's tokens, in USD per million.

    ``cached``: the price of prompt tokens that the provider reads from its cache; None if they
    cost the same as other prompt tokens. ``written``: the price of those that it writes to its
    cache, likewise. ``long``: the price of long requests, if it is higher.
    """

    input: float
    output: float
    cached: float | None = None
    written: float | None = None
    long: LongPrice | None = None

    @property
    def is_charged(self) -> bool:
        """Whether any token costs anything."""
        return bool(self.input or self.output)

    def usd(
        self,
        prompt_tokens: float,
        completion_tokens: float,
        cached_tokens: float = 0,
        written_tokens: float = 0,
    ) -> float:
        """Return the price in USD.

        ``cached_tokens`` and ``written_tokens`` are part of ``prompt_tokens``.
        """
        input_, output, saved = self.input, self.output, 0.0
        if self.long is not None and prompt_tokens > self.long.above:
            input_, output = self.long.input, self.long.output
        elif self.cached is not None:
            saved = self.input - self.cached
        asked = prompt_tokens * input_ - min(cached_tokens, prompt_tokens) * saved
        if self.written is not None and self.written > self.input:
            extra = input_ * (self.written / self.input - 1) if self.input else self.written
            asked += min(written_tokens, prompt_tokens) * extra
        return (asked + completion_tokens * output) / 1e6

    def most_usd(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return the price in USD if the whole prompt is written to the provider's cache."""
        return self.usd(prompt_tokens, completion_tokens, 0, prompt_tokens)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a model costs, and how long its replies can be.

    ``most_tokens``: the limit on the tokens of one reply that applies if a request sets none; None
    if it is unknown.
    """

    price: Price
    most_tokens: int | None = None
