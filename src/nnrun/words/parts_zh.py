"""The parts' docstrings in Simplified Chinese; their English is the docstrings themselves."""

from __future__ import annotations

PARTS = {
    "dataset.linear": "线性关系：y = x . weights + bias + 噪声，特征服从 N(0, 1)。",
    "dataset.quadratic": "抛物线：y = a x^2 + b x + c + 噪声，x 在 [low, high] 上均匀取点。",
    "dataset.ten_points": "一条波浪线上的十个点，是固定的表；用 `x` 和 `y` 可以换成别的点。",
    "dataset.random_mnist": "随机图片配随机标签，形状与 MNIST 相同：没有可学的规律，但什么都能试。",
    "dataset.function": "以文本给出的任意 x 的函数：y = expression + 噪声，x 在 [low, high] 上均匀取点。",
    "dataset.csv": "你自己的表格，来自 CSV 或 TSV 文件：每行一个样本，预测其中一列或几列。",
    "dataset.moons": "两个互相伸入的半圆：没有直线能把它们分开。",
    "dataset.circles": "互相套着的圆环，每类一个：边界必须闭合。",
    "dataset.spirals": "互相缠绕的螺旋臂，每类一条：需要宽度或深度，也需要耐心。",
    "dataset.blobs": """\
圆形的点团，均匀分布在一个圆周上，每类一团：直线边界最好。

真值是已知的：一团的密度的对数是 -|x - centre|^2 / (2 noise^2)，相差一个常数。""",
    "dataset.xor": "分成四格的正方形，对角的两格属于同一类；类别更多时是更细的棋盘。",
    "dataset.digits": "手写数字：1,797 张 8 x 8 的灰度图片，数值从 0 到 1，十个类别。",
    "dataset.iris": "Fisher 的鸢尾花：150 朵花，四个以厘米计的长度，三个品种。",
    "dataset.wine": "意大利葡萄酒：178 瓶，十三项测量，三个产地。",
    "dataset.breast_cancer": "威斯康星州的乳腺肿瘤：569 例，三十项细胞测量，恶性或良性。",
    "dataset.diabetes": "糖尿病：442 位病人一年后的病情发展，由开始时的十项测量预测。",
    "dataset.mnist": "手写数字：28 x 28 的灰度图片，数值从 0 到 1，十个类别；60,000 张，另有 10,000 张测试。",
    "dataset.fashion_mnist": "MNIST 形式的服装：28 x 28 的灰度图片，数值从 0 到 1，十个类别；比数字更难。",
    "model.linear": "加权和：y = x W^T + b。",
    "model.power": "加权的幂：y = w x^p + b，p 给定，w 和 b 由学习得到。",
    "model.mlp": """\
多层感知机：若干隐藏层，每层带激活函数（以及 dropout），最后是加权和。

权重的名称与 `torch.nn.Sequential(Linear, Activation, [Dropout,] ..., Linear)` 中相同。""",
    "model.conv": """\
卷积网络：对图片作若干卷积，每个之后是最大池化，最后是加权和。

权重的名称与 `torch.nn.Sequential(Unflatten, Conv2d, Activation, MaxPool2d, ..., Linear)` 中相同，
初始值也与 torch 的相同。""",
    "loss.mse": "均方误差：(p - y)^2 对样本和输出取平均，与 `torch.nn.MSELoss` 相同。",
    "loss.mae": "平均绝对误差：|p - y| 的平均，与 `torch.nn.L1Loss` 相同；p = y 处梯度取 0。",
    "loss.half_sse": """\
误差平方和的一半：1/2 sum (p - y)^2，因此梯度就是 p - y。

是总和而不是平均：每批样本越多，合适的学习率越小。""",
    "loss.huber": """\
Huber 损失：|e| = |p - y| <= delta 时为 e^2 / 2，否则为 delta (|e| - delta / 2)，取平均。

出处：Huber, Annals of Mathematical Statistics 35 (1964)，与 `torch.nn.HuberLoss` 相同。把 e 限制在
+-delta 之内得到 c，则两种情形都是 c (e - c / 2)，梯度为 c。""",
    "loss.cross_entropy": """\
以 p 为 logits 的交叉熵：-log softmax(p)[class] 对样本取平均，与 `torch.nn.CrossEntropyLoss` 相同。

令 q_c = w_c ((1 - s) y_c + s / classes)，其中 s 是 `label_smoothing`，y 是 one-hot 目标，w 是
`class_weights`，则损失为 -sum q_c log softmax(p)_c / D，D 是各样本所属类别的权重之和（没有权重时为
样本数）。梯度为 (softmax(p) sum_c q_c - q) / D。""",
    "optim.sgd": """\
梯度下降：p <- p - lr b，其中 b <- momentum b + g，g = 梯度 + weight_decay p。

使用 `nesterov` 时 p <- p - lr (g + momentum b)，b 为更新后的值（Sutskever et al., ICML 2013，采用
`torch.optim.SGD` 的形式）。b 从 0 开始；没有动量时 b = g，`nesterov` 不起作用。""",
    "optim.adam": """\
Adam：p <- p - lr M / (sqrt(V) + eps)，来自梯度及其平方的滑动平均。

m <- beta1 m + (1 - beta1) g，M = m / (1 - beta1^step)；v <- beta2 v + (1 - beta2) g^2，
V = v / (1 - beta2^step)；g = 梯度 + weight_decay p（Kingma and Ba, ICLR 2015，
与 `torch.optim.Adam` 相同）。""",
    "optim.adamw": """\
AdamW：先 p <- p (1 - lr weight_decay)，再按 `adam` 更新，其梯度不含衰减。

出处：Loshchilov and Hutter, ICLR 2019，与 `torch.optim.AdamW` 相同。""",
    "optim.rmsprop": """\
RMSprop：p <- p - lr b，其中 b <- momentum b + g / (sqrt(v) + eps)，v <- alpha v + (1 - alpha) g^2。

g = 梯度 + weight_decay p（Hinton, lecture 6e, 2012，与 `torch.optim.RMSprop` 相同，不做中心化）。""",
    "optim.adagrad": """\
Adagrad：p <- p - lr g / (sqrt(s) + eps)，s 是迄今所有 g^2 之和。

g = 梯度 + weight_decay p（Duchi, Hazan and Singer, JMLR 2011，与 `torch.optim.Adagrad` 相同）。""",
    "optim.torch": """\
torch.optim 中任何逐个更新权重的优化器：`optimizer` 是它的类名。

`options` 是它的其他参数，例如 {betas: [0.8, 0.99]}。这样的运行逐个训练，在扫描中也是如此。
它的状态与其他优化器一样保存，因此运行可以继续。""",
    "schedule.constant": "学习率始终不变：系数为 1。",
    "schedule.step": "阶梯：系数为 gamma^floor(t / every)，与 `torch.optim.lr_scheduler.StepLR` 相同。",
    "schedule.exponential": "每轮乘以固定的比例：系数为 gamma^t；gamma > 1 时可用来试越来越大的学习率。",
    "schedule.cosine": """\
从 1 降到 `final_factor` 的半个余弦：f + (1 - f) (1 + cos(pi t / T)) / 2，f 即 `final_factor`。

T = epochs - warmup，因此 f 是最后一轮之后那一轮的系数（Loshchilov and Hutter,
ICLR 2017，与 T_max = T 的 `torch.optim.lr_scheduler.CosineAnnealingLR` 相同）。""",
    "device.cpu": "处理器；小网络用它最好。",
    "device.cuda": "NVIDIA GPU，通过 CUDA；网络较宽、批量较大时划算。",
    "device.mps": "Apple 电脑的 GPU，通过 Metal。",
    "device.auto": "有 GPU 就用 GPU，否则用处理器。",
    "engine.manual": "NumPy，梯度由手工推导：启动只需一半时间，因为从不加载 torch。",
    "engine.autograd": "PyTorch，梯度由自动微分得到：任何模型，任何设备。",
    "engine.auto": "网络不超过 300,000 个参数且在 cpu 上时用 `manual`，否则用 `autograd`。",
    "init.default": "U(-b, b)，b = scale / sqrt(fan_in)，偏置也一样：与 `torch.nn.Linear` 自己的相同。",
    "init.normal": "N(0, scale^2)，偏置也一样。",
    "init.uniform": "U(-scale, scale)，偏置也一样。",
    "init.xavier_uniform": "U(-b, b)，b = scale sqrt(6 / (fan_in + fan_out))；"
    "偏置为 0（Glorot and Bengio, AISTATS 2010）。",
    "init.xavier_normal": "N(0, s^2)，s = scale sqrt(2 / (fan_in + fan_out))；"
    "偏置为 0（Glorot and Bengio, AISTATS 2010）。",
    "init.kaiming_uniform": "U(-b, b)，b = scale sqrt(6 / fan_in)，为 ReLU 而设；"
    "偏置为 0（He et al., ICCV 2015）。",
    "init.kaiming_normal": "N(0, s^2)，s = scale sqrt(2 / fan_in)，为 ReLU 而设；"
    "偏置为 0（He et al., ICCV 2015）。",
    "init.orthogonal": """\
scale 乘以互相正交的单位行或单位列（取较少的一方）；偏置为 0（Saxe et al., ICLR 2014）。

取自正态矩阵的 Q，并使 R 的对角线为正，这样 Q 服从均匀分布。""",
    "init.zeros": "0：同一层的隐藏单元会永远彼此相同。",
    "metric.mae": "平均绝对误差：|p - y| 对样本和输出取平均。",
    "metric.r2": """\
解释的方差比例：1 - sum (p - y)^2 / sum (y - mean y)^2，所有输出合在一起计算。

每个输出用自己的平均值；目标没有变化时为 NaN。""",
    "metric.accuracy": "准确率：最大的输出正好属于真实类别的样本所占的比例。",
}
"""Group and name -> first a sentence, then what else there is to know; formulas as in the docstrings."""
