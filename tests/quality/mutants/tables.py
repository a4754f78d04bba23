"""What is put in place of what: signs, names, methods, keys; and what is left alone."""

import ast

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
         ast.BitAnd: "&", ast.BitOr: "|", ast.Pow: "**", ast.Mod: "%"}
OTHER_SIGN = {"+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "&": "|", "|": "&"}
COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
               ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in",
               ast.NotIn: "not in"}
OTHER_COMPARISONS = {"==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"],
                     ">": [">=", "<="], ">=": [">", "<"], "is": ["is not"], "is not": ["is"],
                     "in": ["not in"], "not in": ["in"]}


def both_ways(text):
    """{first: second, second: first} of the pairs first/second."""
    pairs = [pair.split("/") for pair in text.split()]
    return dict(pairs) | {second: first for first, second in pairs}


OTHER_NAME = {"sigmoid": "np.tanh"} | both_ways("max/min any/all")
OTHER_ATTRIBUTE = both_ways(
    "max/min minimum/maximum all/any params/grads forward_layer/backward_layer "
    "dropout_in/dropout_out hs/q D/H argmax/argmin startswith/endswith removeprefix/removesuffix "
    "partition/rpartition lower/upper lstrip/rstrip floor/ceil repeat/tile train/test "
    "source_vocabulary/target_vocabulary encode_sources/encode_targets beta1/beta2"
) | {"zeros": "ones", "zeros_like": "ones_like", "sum": "mean", "exp": "expm1", "log": "log1p"}

# Names that stand for things of one kind and one shape, so that a slip is easy to make.
SIBLINGS = [names.split() for names in (
    "i f g o c_prev tanh_c", "di df dg do", "r z n ph_n h_prev", "dr dz dn dp_n", "h c",
    "dh dc dq", "dpx dph", "px ph", "dh_prev dc_prev", "x h_prev", "y zs", "h zs", "xs ts",
    "hs q", "dhs da", "dhs_sum dhs_weight", "keys queries", "dkeys dqueries", "rows drows",
    "new_state state", "dstate nothing", "dnew dkept", "through kept", "first second",
    "state_f state_b", "dstate_f dstate_b", "hs_f hs_b", "dhs_f dhs_b", "dxs_f dxs_b",
    "mask flipped", "scores targets", "dstate dhs", "y total", "dy y dx", "W v", "D H", "D M",
    "N T S", "source target", "train test", "start stop", "before behind", "own neighbour",
    "first last",
)]

# Calls that cannot be replaced by their argument without an error that says nothing.
CALLS_KEPT = {"len", "range", "tuple", "float", "add_part", "type", "max", "dtype", "TimeSoftmax",
              "enumerate", "next", "iter", "super", "isinstance", "getattr", "open"}
# Methods that may be left out: x.transpose(0, 2, 1) becomes x.
METHODS_DROPPED = {"astype", "ravel", "reshape", "sum", "transpose", "strip", "copy"}
# Functions with arguments of one kind, whose order could be mistaken.
EXCHANGED = {"choose", "matmul", "multiply", "project_backward", "reshape", "step_backward",
             "where"}
OTHER_KEY = {"Wx": "Wh", "Wh": "Wx", "b": "bh", "bh": "b", "W": "b", "v": "W"}

# Keyword arguments that only concern looks, or the words of --help.
LOOKS = set(
    "alpha aspect bbox boxstyle cmap color colors description dpi edgecolor extend facecolor "
    "figsize fontfamily fontsize fontweight formatter_class fraction ha height height_ratios help "
    "hspace labelpad labelsize layout left length linespacing linestyle linewidth loc marker "
    "markersize metavar nbins ncols pad prog rotation shrink size textcoords va width "
    "width_ratios wspace xycoords xytext zorder".split()
)
# Calls that only concern looks: a grid behind a curve, the size of a picture.
CALLS_OF_LOOKS = {"grid", "margins", "new_figure", "set_size_inches", "subplots_adjust",
                  "tick_params", "invert_yaxis"}
# Calls with words for a person. What they compute is broken, the words are not.
CALLS_WITH_WORDS = {"print", "error", "exit", "set_xlabel", "set_ylabel", "set_title", "suptitle",
                    "supxlabel", "supylabel", "annotate", "text"}
