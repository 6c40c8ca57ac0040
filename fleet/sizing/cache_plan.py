"""How the cache of one GPU is cut into blocks, and what a request draws from them."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.sizing.engine import Engine


@dataclass(frozen=True, slots=True)
class CacheGroup:
    """`count` groups of layers with a block table each.

    block_tokens  tokens of one of its blocks
    most_tokens   a request never holds more than this many; None: all of its tokens
    fixed_blocks  a request holds so many blocks whatever its length (states)
    spare_blocks  beside: a window need not begin at a block's edge
    """

    count: int
    block_tokens: int
    most_tokens: int | None = None
    fixed_blocks: int = 0
    spare_blocks: int = 0

    def blocks(self, length: int) -> int:
        """Blocks of a request of `length` tokens, all `count` groups together."""
        if self.fixed_blocks:
            return self.count * self.fixed_blocks
        held = length if self.most_tokens is None else min(length, self.most_tokens)
        return self.count * (-(-held // self.block_tokens) + self.spare_blocks)


@dataclass(frozen=True, slots=True)
class CachePlan:
    """How the cache of one GPU is cut.

    block_bytes      [bytes] of one block of the pool
    groups           what a request draws from it
    bytes_per_token  [bytes] that one more token of a long request takes
    has_states       whether every request needs a state's block to be scheduled
    """

    block_bytes: int
    groups: tuple[CacheGroup, ...]
    bytes_per_token: int
    has_states: bool = False

    def blocks(self, length: int) -> int:
        """Blocks that one request of `length` tokens holds."""
        return sum(group.blocks(length) for group in self.groups)

    def bytes_of_request(self, length: int) -> int:
        """[bytes] of one request of `length` tokens."""
        return self.blocks(length) * self.block_bytes

    def blocks_in(self, kv_bytes: int) -> int:
        """Blocks that `kv_bytes` of memory hold."""
        return max(0, kv_bytes) // self.block_bytes

    def sequences(self, kv_bytes: int, length: int) -> int:
        """Requests of `length` tokens that fit at once."""
        return self.blocks_in(kv_bytes) // self.blocks(length)

    def tokens(self, kv_bytes: int, max_model_len: int, engine: Engine) -> int:
        """What the engine logs as "KV cache size": see `Engine.tells_concurrency`."""
        blocks = self.blocks_in(kv_bytes)
        if len(self.groups) == 1 and self.groups[0].count == 1:
            return blocks * self.groups[0].block_tokens
        if engine.tells_concurrency:
            return blocks * max_model_len // self.blocks(max_model_len)
        groups = sum(group.count for group in self.groups)
        return blocks // groups * max(g.block_tokens for g in self.groups)

    def longest(self, kv_bytes: int, at_most: int) -> int:
        """[tokens] The longest request that finds room, up to `at_most`; 0 for none."""
        low, high = 0, at_most
        while low < high:
            middle = (low + high + 1) // 2
            if self.bytes_of_request(middle) <= kv_bytes:
                low = middle
            else:
                high = middle - 1
        return low
