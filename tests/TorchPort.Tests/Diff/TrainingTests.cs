namespace NotebookDiff.Tests;

/// <summary>What a cell's code says of its training.</summary>
public class TrainingTests
{
    private const string Loop = "for epoch in range(11):\n    print(epoch, W, cost)\n    ";

    [Theory]
    [InlineData("lr = 0.1", "W -= lr * gradient", "0.1")]
    [InlineData("lr=1e-2 # lr = 5", "W -= gradient * lr", "1e-2")]
    [InlineData("lr = 5\nlr = 0.1; n = 3", "W = W - lr * gradient", "0.1")]
    [InlineData("lr = 0.3\neta = .5", "W.data -= eta * W.grad.data", ".5")]
    [InlineData("learning_rate = 0.2", "W.sub_(learning_rate * gradient)", "0.2")]
    [InlineData("learning_rate = 0.2", "update(W)", "0.2")]
    [InlineData("", "W -= 0.05 * gradient", "0.05")]
    [InlineData("lr: float = 0.1", "W -= lr * gradient", "0.1")]
    [InlineData("lr, nb_epochs = 0.1, 10", "W -= lr * gradient", "0.1")]
    [InlineData("lr = 1/20", "W -= lr * gradient", "0.05")]
    [InlineData("'''\nlr = 0.3\n'''", "W -= lr * gradient", null)]
    [InlineData("", "W -= lr * gradient", null)]
    public void By_hand_the_rate_is_the_factor_of_the_gradient(string before, string update, string? rate) =>
        Assert.Equal(new("by hand", rate), Assert.Single(Training.Of("", $"{before}\n{Loop}{update}")));

    [Theory]
    [InlineData("optim.SGD([W], lr=0.15)", "SGD", "0.15")]
    [InlineData("torch.optim.SGD([W], 0.15)", "SGD", "0.15")]
    [InlineData("SGD(params=[W], momentum=0.9, lr = 1e-2)", "SGD", "1e-2")]
    [InlineData("optim.SGD(\n    model.parameters(),\n    lr=rate)", "SGD", "0.7")]
    [InlineData("optim.Adam([W], lr=0.15)", "Adam", "0.15")]
    [InlineData("optim.SGD([W], lr=options['lr'])", "SGD", null)]
    public void With_an_optimizer_the_rate_is_its_own(string optimizer, string method, string? rate)
    {
        var source = $"lr = 0.1\noptimizer = {optimizer}\n{Loop}optimizer.step()";

        Assert.Equal(new(method, rate), Assert.Single(Training.Of("rate = 0.7", source)));
    }

    [Fact]
    public void An_optimizer_that_takes_no_step_is_one_all_the_same() =>
        Assert.Equal(new("SGD", "0.15"), Assert.Single(Training.Of("", $"o = optim.SGD([W], lr=0.15)\n{Loop}o.zero_grad()")));

    [Fact]
    public void Two_loops_are_two_trainings_each_with_what_stands_before_it()
    {
        var sgd = $"optimizer = optim.SGD([W], lr=0.15)\n{Loop}optimizer.step()\n";
        var byHand = $"lr = 0.1\n{Loop}W -= lr * gradient\n";

        Assert.Equal([new("SGD", "0.15"), new("by hand", "0.1")], Training.Of("", sgd + byHand));
        Assert.Equal([new("by hand", "0.1"), new("SGD", "0.15")], Training.Of("", byHand + sgd));
    }

    [Theory]
    [InlineData("for W in range(10):\n    costs.append(cost)\nprint(cost)")]
    [InlineData("for x in y:\n    print(x)")]
    [InlineData("print(cost)")]
    [InlineData("# for epoch in range(10):\n#     print(cost)")]
    public void A_loop_that_prints_no_cost_is_no_training(string source) => Assert.Empty(Training.Of("", source));

    [Theory]
    [InlineData("hypothesis = x_train * W + b", true)]
    [InlineData("optimizer = optim.SGD([W, b], lr=0.1)", true)]
    [InlineData("model = nn.Linear(1, 1)", true)]
    [InlineData("hypothesis = x_train * W # + b", false)]
    public void A_bias_is_seen(string source, bool hasBias) => Assert.Equal(hasBias, Training.HasBias(source));
}
