"""How good is a translation, and does the attention find the words that belong together?"""

import math
from collections import Counter

LONGEST = 4  # words of an n-gram: BLEU-4


def corpus_bleu(answers, references, longest=LONGEST):
    """BLEU of many answers, each with one reference; 1 if all are alike and one has four words.

        BLEU = BP exp(mean over n of log p_n)       n = 1, ..., longest
        p_n  = matched n-grams / n-grams of the answers, both of all answers together
        BP   = min(1, exp(1 - r / c))               words of the references, of the answers

    An n-gram that an answer repeats is matched as often as the reference has it, no more: "the the
    the" matches one of "the cat". BP is the brevity penalty: to say little is no way to be right.

    Args:
        answers, references: lists of lists of words, without <eos>.
        longest: words of the longest n-grams that are counted.

    Returns:
        a number from 0 to 1. Without any match of one of the lengths it is 0, as log 0 says; so
        where no reference has `longest` words, it is 0 even of answers that are right.

    Raises:
        ValueError: the two lists are not of the same length.
    Source: Papineni et al. 2002 (ACL, P02-1040), section 2. The tests hold it to sacrebleu and to
        nltk, where these are installed.
    """
    if len(answers) != len(references):
        raise ValueError(f"expected as many references as answers, got {len(references)} and "
                         f"{len(answers)}")
    matched, written = [0] * longest, [0] * longest
    for answer, reference in zip(answers, references):
        for k in range(longest):
            found, wanted = ngrams(answer, k + 1), ngrams(reference, k + 1)
            matched[k] += (found & wanted).total()  # & keeps the smaller of two counts
            written[k] += found.total()
    if 0 in matched:
        return 0.0
    precision = math.exp(sum(math.log(m / w) for m, w in zip(matched, written)) / longest)
    r, c = sum(map(len, references)), sum(map(len, answers))
    return min(1.0, math.exp(1 - r / c)) * precision


def ngrams(words, n):
    """How often each run of n words stands in a list of words: a Counter of tuples."""
    return Counter(tuple(words[k : k + n]) for k in range(len(words) - n + 1))


def strongest_links(weights):
    """For each target word the source word with the highest weight.

    Args:
        weights: (T, S), a row for each target word, the source in reading order.

    Returns:
        frozenset of (source place, target place); of equal weights the first counts, and a row of
        zeros, as of a window behind the last word, has no link.
    """
    return frozenset((int(s), t) for t, s in enumerate(weights.argmax(axis=1)) if weights[t].any())


def alignment_error_rate(links, alignments):
    """AER of the links of many sentences: 0 if all sure links are found and none is wrong.

        AER = 1 - (|A and S| + |A and P|) / (|A| + |S|)

    A: the links that were found, S: the sure ones, P: the possible ones, the sure ones among them;
    each counted over all sentences together.

    Args:
        links: list of sets of (source place, target place).
        alignments: list of dataset.alignment.Alignment, of the same sentences.

    Raises:
        ValueError: the two lists are not of the same length, or there is nothing to count.
    Source: Och and Ney 2003 (Computational Linguistics 29:1), section 4.1; used for attention by
        Luong et al. 2015 (arXiv 1508.04025), table 6.
    """
    if len(links) != len(alignments):
        raise ValueError(f"expected as many alignments as sets of links, got {len(alignments)} "
                         f"and {len(links)}")
    hits = sum(len(a & true.sure) + len(a & true.possible) for a, true in zip(links, alignments))
    total = sum(len(a) + len(true.sure) for a, true in zip(links, alignments))
    if not total:
        raise ValueError("expected at least one link")
    return 1 - hits / total
